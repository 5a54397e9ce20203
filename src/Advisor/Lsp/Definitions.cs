using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Lsp;

/// <summary>Leads from a path in a config to the file: a dataset, a DeepSpeed config, a model's folder.</summary>
internal sealed class Definitions(Workspace workspace, PositionEncoding encoding)
{
    /// <summary>Where the value at a place leads, or null.</summary>
    public Location? Of(OpenDocument document, Position position)
    {
        var analysis = workspace.Analyse(document);
        if (analysis.Files is not CompanionFiles files
            || ConfigPlace.Find(analysis, encoding.OffsetAt(document.Source, position)) is not { Item: { IsScalar: true } value }
            || files.Locate(value.Text) is not { } path)
            return null;
        // Of a folder editors show nothing; what tells most of a model is its config.
        if (Directory.Exists(path))
            path = new[] { "config.json", "adapter_config.json" }.Select(f => Path.Join(path, f)).FirstOrDefault(File.Exists);
        return path is null ? null : new Location(workspace.FindPath(path)?.Uri ?? DocumentUri.Of(path), default);
    }
}
