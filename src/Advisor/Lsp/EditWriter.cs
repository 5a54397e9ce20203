using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>Writes edits in the form that the client takes.</summary>
internal sealed class EditWriter(ClientCapabilities client, PositionEncoding encoding)
{
    private readonly bool _takesVersions = client.Workspace?.WorkspaceEdit?.DocumentChanges == true;

    /// <summary>Whether the client can create files.</summary>
    public bool CanCreate => _takesVersions && client.Workspace?.WorkspaceEdit?.ResourceOperations?.Contains("create") == true;

    /// <summary>Edits of a document.</summary>
    /// <param name="uri">Its address.</param>
    /// <param name="version">The version that the edits are for when it is open, else null.</param>
    /// <param name="source">Its text.</param>
    /// <param name="edits">The edits.</param>
    public WorkspaceEdit Edit(string uri, int? version, SourceText source, IEnumerable<TextEdit> edits)
    {
        var ranges = edits.Select(e => new RangeEdit(encoding.RangeOf(source, e.Span), e.NewText)).ToList();
        return _takesVersions
            ? new WorkspaceEdit { DocumentChanges = [new DocumentEdits(new EditedDocument(uri) { Version = version }, ranges)] }
            : new WorkspaceEdit { Changes = new Dictionary<string, IReadOnlyList<RangeEdit>> { [uri] = ranges } };
    }

    /// <summary>A file that is not there yet.</summary>
    public static WorkspaceEdit Create(string uri, string text) => new()
    {
        DocumentChanges = [new FileCreation(uri), new DocumentEdits(new EditedDocument(uri), [new RangeEdit(default, text)])],
    };
}
