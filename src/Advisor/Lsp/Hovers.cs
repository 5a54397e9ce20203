using System.Text;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Advisor.Lsp;

/// <summary>Says what a key does, what the documented guidance is, and what its value comes to in this config.</summary>
internal sealed class Hovers(Workspace workspace, ClientCapabilities client, PositionEncoding encoding)
{
    private readonly bool _takesMarkdown = client.TextDocument?.Hover?.ContentFormat is not { } formats || formats.Contains("markdown");

    /// <summary>What to show at a place, or null.</summary>
    public Hover? At(OpenDocument document, Position position)
    {
        var analysis = workspace.Analyse(document);
        var offset = encoding.OffsetAt(document.Source, position);
        if (ConfigPlace.Find(analysis, offset) is not { } place)
            return OfCall(document, offset);
        var call = place.Config.Format.Keys is null ? place.Config.Root.Origin?.At(place.Entry.KeySpan.Start) : null;
        var key = (call is null ? place.Config.Format.Keys : CallTables.Find(call))?.Find(place.Path);
        var doc = call is null ? KeyDocs.Find(place.Config.Format.Name, place.Path) : KeyDocs.Find(call, place.Path);
        // A key that neither the framework nor we know of has its finding, and nothing to be said.
        if (key is null && doc is null)
            return null;
        var facts = new ConfigFacts(place.Config, analysis.Files, analysis.Options.Gpu).About(place).ToList();
        var taker = call?.Name ?? place.Config.Format.Title;
        return Show(place.Entry.Key, taker, key, facts, doc, encoding.RangeOf(document.Source, place.Span));
    }

    // A call that belongs to no run for certain: its keywords mean the same.
    private Hover? OfCall(OpenDocument document, int offset)
    {
        if (document.Language != ConfigLanguage.Python || PythonCursor.Find(document.Source, offset) is not ({ } call, { } cursor))
            return null;
        var name = cursor.Key ?? document.Source.Slice(cursor.Word);
        var key = CallTables.Find(call)?.Find(name);
        return key is null ? null
            : Show(name, call.Name, key, [], KeyDocs.Find(call, name), encoding.RangeOf(document.Source, cursor.Word));
    }

    private Hover Show(string name, string taker, KeyInfo? key, List<string> facts, KeyDoc? doc, Protocol.Range range)
    {
        var text = new StringBuilder();
        var head = key is null ? "" : ValueTypes.Describe(key);
        text.Append($"**{name}** ({taker}{(head.Length > 0 ? ": " + head : "")})\n\n");
        foreach (var fact in facts)
            text.Append("- ").Append(fact).Append('\n');
        if (facts.Count > 0)
            text.Append('\n');
        if (doc is not null)
            text.Append(_takesMarkdown ? doc.Markdown : doc.Description);
        var content = text.ToString().TrimEnd();
        return new Hover(
            new MarkupContent(_takesMarkdown ? "markdown" : "plaintext", _takesMarkdown ? content : Plain(content)),
            range);
    }

    private static string Plain(string markdown) =>
        markdown.Replace("**", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal);
}
