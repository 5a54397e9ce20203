using System.Text.Json.Serialization;

namespace LoraLint.Advisor.Lsp.Protocol;

internal sealed record CodeActionParams(TextDocumentIdentifier TextDocument, Range Range, CodeActionContext? Context = null);

internal sealed record CodeActionContext(IReadOnlyList<string>? Only = null);

internal sealed record CodeAction
{
    public required string Title { get; init; }

    public required string Kind { get; init; }

    public IReadOnlyList<Diagnostic>? Diagnostics { get; init; }

    public bool? IsPreferred { get; init; }

    public WorkspaceEdit? Edit { get; init; }
}

/// <summary>Edits of documents: one of the two, as the client takes them.</summary>
internal sealed record WorkspaceEdit
{
    public IReadOnlyDictionary<string, IReadOnlyList<RangeEdit>>? Changes { get; init; }

    public IReadOnlyList<DocumentChange>? DocumentChanges { get; init; }
}

/// <summary>Either edits of a document or the creation of a file.</summary>
[JsonDerivedType(typeof(DocumentEdits))]
[JsonDerivedType(typeof(FileCreation))]
internal abstract record DocumentChange;

internal sealed record DocumentEdits(EditedDocument TextDocument, IReadOnlyList<RangeEdit> Edits) : DocumentChange;

internal sealed record EditedDocument(string Uri)
{
    /// <summary>The version that the edits are for; null, which must be written, when the document is not open.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public int? Version { get; init; }
}

internal sealed record FileCreation(string Uri) : DocumentChange
{
    public string Kind => "create";

    public FileCreationOptions Options { get; init; } = new(true);
}

internal sealed record FileCreationOptions(bool IgnoreIfExists);
