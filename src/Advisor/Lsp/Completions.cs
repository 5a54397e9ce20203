using System.Collections.Concurrent;
using System.Text.Json;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Lsp;

/// <summary>Completes keys out of the format's key table, and values: those to start with first, then the other ones it takes.</summary>
internal sealed class Completions(Workspace workspace, PositionEncoding encoding)
{
    private const int PropertyKind = 10;
    private const int ValueKind = 12;
    private const int MemberKind = 13;
    private const int ModuleKind = 9;

    // Keys with values to start with, by format and path: looking one up takes as long as writing out some of the list.
    private static readonly ConcurrentDictionary<(string Format, string Path), bool> s_common = new();

    /// <summary>What can stand at a place.</summary>
    public CompletionList? For(OpenDocument document, Position position)
    {
        if (document.Language is not { } language)
            return null;
        var offset = encoding.OffsetAt(document.Source, position);
        var analysis = workspace.Analyse(document);
        var config = ConfigAt(analysis, offset);
        if (language == ConfigLanguage.Python)
            return ForCall(document, analysis, config, offset);
        if ((config?.Format ?? FormatCatalog.Find(document.LastFormat ?? "")) is not { Keys: { } table } format
            || CursorContext.Find(document.Source, language, offset) is not { } cursor)
            return null;
        var range = encoding.RangeOf(document.Source, cursor.Word);
        var items = cursor.Key is null
            ? KeysAt(table, format.Name, cursor, language, range)
            : new ValueCompletions(analysis, config, format, table, format.Name).For(cursor, range);
        return new CompletionList(false, items);
    }

    // The keywords of a call, and what they take.
    private CompletionList? ForCall(OpenDocument document, Analysis analysis, RecognisedConfig? config, int offset)
    {
        if (PythonCursor.Find(document.Source, offset) is not ({ } call, { } cursor) || CallTables.Find(call) is not { } table)
            return null;
        var range = encoding.RangeOf(document.Source, cursor.Word);
        var docs = KeyDocs.FormatOf(call);
        var items = cursor.Key is null
            ? KeysAt(table, docs, cursor, ConfigLanguage.Python, range)
            : new ValueCompletions(analysis, config, new PythonFormat(), table, docs).For(cursor, range);
        return new CompletionList(false, items);
    }

    /// <summary>The same item with its documentation, which is only looked up for those that are looked at.</summary>
    public static CompletionItem Resolve(CompletionItem item) =>
        item.Data is { } data && KeyDocs.Find(data.Format, data.Path) is { } doc
            ? item with { Documentation = new MarkupContent("markdown", doc.Markdown) } : item;

    private static RecognisedConfig? ConfigAt(Analysis analysis, int offset)
    {
        var configs = Linter.Recognise(analysis.Document, analysis.Options, alsoWithoutLora: true);
        return configs.LastOrDefault(c => c.Root.Span.Start <= offset) ?? configs.FirstOrDefault();
    }

    private static List<CompletionItem> KeysAt(
        KeyTable table, string docs, CursorContext cursor, ConfigLanguage language, Protocol.Range range)
    {
        // sd-scripts drop the names of sections and keep their keys.
        var parent = table.Format == "kohya" && table.Find(cursor.Parent) is null ? "" : cursor.Parent;
        var items = new List<CompletionItem>();
        foreach (var key in table.ChildrenOf(parent))
        {
            if (key.Removed || key.RenamedTo is not null || cursor.Siblings.Contains(key.Name))
                continue;
            // What has values to start with is what people set.
            var isCommon = s_common.GetOrAdd(
                (docs, key.Path), k => KeyDocs.Find(k.Format, k.Path) is { Examples.Count: > 0 });
            items.Add(new CompletionItem
            {
                Label = key.Name,
                Kind = PropertyKind,
                Tags = key.Deprecated ? [1] : null,
                Detail = ValueTypes.Describe(key),
                SortText = (key.Deprecated ? "2" : isCommon ? "0" : "1") + key.Name,
                TextEdit = new RangeEdit(range, Spell(key.Name, cursor, language)),
                Data = new CompletionData(docs, key.Path),
            });
        }

        return items;
    }

    private static string Spell(string key, CursorContext cursor, ConfigLanguage language)
    {
        if (language == ConfigLanguage.Json && !cursor.IsQuoted)
            key = $"\"{key}\"";
        if (cursor.HasSeparator || (cursor.IsQuoted && language == ConfigLanguage.Json))
            return key;
        return key + language switch { ConfigLanguage.Toml => " = ", ConfigLanguage.Python => "=", _ => ": " };
    }

    /// <summary>Completes the values of one key.</summary>
    private sealed class ValueCompletions(
        Analysis analysis, RecognisedConfig? config, ConfigFormat format, KeyTable table, string docs)
    {
        private readonly ConfigEditor _editor = new(analysis.Document, format.DialectFor(analysis.Document.Language));
        private readonly List<CompletionItem> _items = [];
        private readonly HashSet<string> _labels = new(StringComparer.Ordinal);

        public List<CompletionItem> For(CursorContext cursor, Protocol.Range range)
        {
            var path = table.Format == "kohya" && table.Find(cursor.Parent) is null ? cursor.Key! : cursor.Path;
            var key = table.Find(cursor.IsItem && table.Find(path + "[]") is not null ? path + "[]" : path) ?? table.Find(path);
            var doc = KeyDocs.Find(docs, path);
            foreach (var example in doc?.Examples ?? [])
                AddJson(example, "to start with", ValueKind, cursor, range);
            if (config is not null && config.Config.TargetModules.Key == path)
            {
                foreach (var name in new BaseModelView(config, analysis.Files).Model?.Shape.LinearNames() ?? [])
                    Add(name, "a module of this model", ModuleKind, cursor, range);
            }

            foreach (var value in key?.Values ?? [])
                Add(value, null, MemberKind, cursor, range);
            if (key is not null && key.Types != KeyTypes.Any && (key.Types & KeyTypes.Bool) != 0 && !cursor.IsItem)
            {
                Add("true", null, MemberKind, cursor, range);
                Add("false", null, MemberKind, cursor, range);
            }

            if (key?.Default is { } value2 && value2 != "null" && !cursor.IsItem)
                AddJson(value2, "the default", ValueKind, cursor, range);
            return _items;
        }

        private void AddJson(string json, string detail, int kind, CursorContext cursor, Protocol.Range range)
        {
            using var parsed = JsonDocument.Parse(json);
            var value = parsed.RootElement;
            switch (value.ValueKind)
            {
                case JsonValueKind.Array when cursor.IsItem:
                    foreach (var item in value.EnumerateArray())
                        AddJson(item.GetRawText(), detail, kind, cursor, range);
                    break;
                case JsonValueKind.Array when value.EnumerateArray().All(i => i.ValueKind == JsonValueKind.String):
                    AddText(_editor.Words(value.EnumerateArray().Select(i => i.GetString()!)), detail, kind, range);
                    break;
                case JsonValueKind.String:
                    Add(value.GetString()!, detail, kind, cursor, range);
                    break;
                case JsonValueKind.Number:
                    AddText(ConfigEditor.Number(value.GetDouble()), detail, kind, range);
                    break;
                case JsonValueKind.True or JsonValueKind.False:
                    AddText(_editor.Spell(json), detail, kind, range);
                    break;
            }
        }

        // Words of tables: booleans and numbers among them stay without quotes.
        private void Add(string word, string? detail, int kind, CursorContext cursor, Protocol.Range range)
        {
            var isText = word is not ("true" or "false" or "null") && !ScalarDialect.TryParseNumber(word, out _);
            AddText(cursor.IsQuoted ? word : isText ? _editor.Word(word) : _editor.Spell(word), detail, kind, range, isText ? word : null);
        }

        private void AddText(string text, string? detail, int kind, Protocol.Range range, string? label = null)
        {
            label ??= text;
            if (!_labels.Add(label))
                return;
            _items.Add(new CompletionItem
            {
                Label = label, Kind = kind, Detail = detail, SortText = _items.Count.ToString("D4", null), FilterText = text,
                TextEdit = new RangeEdit(range, text),
            });
        }
    }
}
