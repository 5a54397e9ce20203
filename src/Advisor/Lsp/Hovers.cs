using System.Text;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Formats;

namespace LoraLint.Advisor.Lsp;

/// <summary>Says what a key does, what the documented guidance is, and what its value comes to in this config.</summary>
internal sealed class Hovers(Workspace workspace, ClientCapabilities client, PositionEncoding encoding)
{
    private readonly bool _takesMarkdown = client.TextDocument?.Hover?.ContentFormat is not { } formats || formats.Contains("markdown");

    /// <summary>What to show at a place, or null.</summary>
    public Hover? At(OpenDocument document, Position position)
    {
        var analysis = workspace.Analyse(document);
        if (ConfigPlace.Find(analysis, encoding.OffsetAt(document.Source, position)) is not { } place)
            return null;
        var key = place.Config.Format.Keys?.Find(place.Path);
        var doc = KeyDocs.Find(place.Config.Format.Name, place.Path);
        // A key that neither the framework nor we know of has its finding, and nothing to be said.
        if (key is null && doc is null)
            return null;
        var text = new StringBuilder();
        var head = key is null ? "" : ValueTypes.Describe(key);
        text.Append($"**{place.Entry.Key}** ({place.Config.Format.Title}{(head.Length > 0 ? ": " + head : "")})\n\n");
        var facts = new ConfigFacts(place.Config, analysis.Files, analysis.Options.Gpu).About(place).ToList();
        foreach (var fact in facts)
            text.Append("- ").Append(fact).Append('\n');
        if (facts.Count > 0)
            text.Append('\n');
        if (doc is not null)
            text.Append(_takesMarkdown ? doc.Markdown : doc.Description);
        var content = text.ToString().TrimEnd();
        return new Hover(
            new MarkupContent(_takesMarkdown ? "markdown" : "plaintext", _takesMarkdown ? content : Plain(content)),
            encoding.RangeOf(document.Source, place.Span));
    }

    private static string Plain(string markdown) =>
        markdown.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);
}
