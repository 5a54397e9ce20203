using LoraLint.Rules.Text;

namespace LoraLint.Rules.Configs;

/// <content>
/// Code: only the literal that is meant is touched. A keyword is added behind another one of the same call; in a notebook the code
/// stands in JSON strings, so that quotes are escaped once more.
/// </content>
public sealed partial class ConfigEditor
{
    private bool IsCode => document.Language is ConfigLanguage.Python or ConfigLanguage.Notebook or ConfigLanguage.Shell;

    /// <summary>What rules spell alike for all languages, <c>true</c> and <c>null</c> above all, as it stands in the document.</summary>
    public string Spell(string value)
    {
        if (document.Language is not (ConfigLanguage.Python or ConfigLanguage.Notebook))
            return value;
        var spelt = value switch { "true" => "True", "false" => "False", "null" or "~" => "None", _ => value };
        return document.Language == ConfigLanguage.Notebook ? InJson(spelt) : spelt;
    }

    private static string InJson(string code)
    {
        var quoted = Quote(code);
        return quoted.Substring(1, quoted.Length - 2);
    }

    // In the quotes that most texts of the script have.
    private string PythonText(string text)
    {
        var quoted = Quote(text);
        return PrefersSingleQuotes && text.IndexOf('\'') < 0
            ? "'" + quoted.Substring(1, quoted.Length - 2).Replace("\\\"", "\"") + "'" : quoted;
    }

    private bool PrefersSingleQuotes =>
        document.Roots.Sum(r => Count(r, ScalarStyle.SingleQuoted) - Count(r, ScalarStyle.DoubleQuoted)) > 0;

    private static int Count(ConfigNode node, ScalarStyle style) =>
        (node is { IsScalar: true, IsAlias: false } && node.Style == style ? 1 : 0)
        + node.Entries.Sum(e => Count(e.Value, style)) + node.Items.Sum(i => Count(i, style));

    // A flag without a value gets one behind it.
    private TextEdit ReplaceInCode(ConfigEntry entry, string value) =>
        IsPair(entry) ? new TextEdit(entry.Value.Span, AsOneWord(value))
        : entry.Value.Span.Length > 0 || document.Language != ConfigLanguage.Shell ? new TextEdit(entry.Value.Span, value)
        : new TextEdit(new TextSpan(entry.KeySpan.End, 0), " " + value);

    private TextEdit InsertInCode(ConfigEntry entry, string key, string value)
    {
        entry = EntryBeside(entry, key);
        if (document.Language == ConfigLanguage.Shell)
        {
            if (IsPair(entry))
                return InsertPair(entry, key, value);
            var dashes = Text.Substring(entry.KeySpan.Start, FlagStart(entry));
            return new TextEdit(new TextSpan(entry.Span.End, 0), $" {dashes}{key} {value}");
        }

        // The keys of a dict are texts, those of a call are names. A line of its own is begun in a script only: in a notebook a line is a
        // JSON string.
        var first = Text[entry.KeySpan.Start];
        var assignment = first is '"' or '\'' ? $"{first}{key}{first}: {value}"
            : first == '\\' ? $"\\\"{key}\\\": {value}"
            : key + (HasSpaceBeforeEquals(entry) ? " = " : "=") + value;
        var start = document.Source.Lines.LineStart(document.Source.Lines.LineAt(entry.KeySpan.Start));
        var indent = Text.Substring(start, entry.KeySpan.Start - start);
        var gap = indent.Trim().Length == 0 && document.Language == ConfigLanguage.Python ? LineBreak + indent : " ";
        return new TextEdit(new TextSpan(entry.Span.End, 0), "," + gap + assignment);
    }

    private bool HasSpaceBeforeEquals(ConfigEntry entry) => entry.KeySpan.End < Text.Length && Text[entry.KeySpan.End] == ' ';

    // A run is joined from several calls: the new keyword goes to the one that takes it.
    private ConfigEntry EntryBeside(ConfigEntry entry, string key)
    {
        foreach (var root in document.Roots)
        {
            if (root.Origin is not { } origin || !root.Entries.Contains(entry))
                continue;
            var kind = CodeKeywords.KindOf(key);
            if (!entry.IsMerged && origin.At(entry.KeySpan.Start)?.Kind is { } own && (own == kind || own == CodeCallKind.Command))
                return entry;
            return root.Entries.LastOrDefault(
                e => e is { KeySpan.Length: > 0, IsMerged: false } && origin.At(e.KeySpan.Start)?.Kind == kind) ?? entry;
        }

        return entry;
    }

    private int FlagStart(ConfigEntry entry)
    {
        var i = entry.KeySpan.Start;
        while (i < entry.KeySpan.End && Text[i] == '-')
            i++;
        return i - entry.KeySpan.Start;
    }

    // `a.b.key=value`, a word of its own; the entry's key is its last part.
    private bool IsPair(ConfigEntry entry) => document.Language == ConfigLanguage.Shell && entry.KeySpan.End < Text.Length
        && Text[entry.KeySpan.End] == '=' && Text[entry.KeySpan.Start] != '-';

    // Behind a pair whose key is of the same mapping, with the path and the quotes of that one.
    private TextEdit InsertPair(ConfigEntry entry, string key, string value)
    {
        var path = Text.Substring(WordStart(entry.KeySpan.Start), entry.KeySpan.Start - WordStart(entry.KeySpan.Start));
        var quote = path.Length > 0 && path[0] is '"' or '\'' ? path.Substring(0, 1) : "";
        return new TextEdit(new TextSpan(entry.Span.End + quote.Length, 0), $" {path}{key}={AsOneWord(value)}{quote}");
    }

    // A list of words goes in brackets there.
    private static string AsOneWord(string value) => value.IndexOf(' ') < 0 ? value : "[" + value.Replace(' ', ',') + "]";

    private int WordStart(int at)
    {
        while (at > 0 && !char.IsWhiteSpace(Text[at - 1]))
            at--;
        return at;
    }

    // With the blanks before it, so that a line that goes on with a backslash stays one.
    private TextEdit RemoveFlag(ConfigEntry entry)
    {
        var start = WordStart(entry.Span.Start);
        var end = entry.Span.End;
        if (Text[start] is '"' or '\'' && end < Text.Length && Text[end] == Text[start])
            end++;
        while (start > 0 && Text[start - 1] is ' ' or '\t')
            start--;
        return new TextEdit(TextSpan.FromBounds(start, end), "");
    }

    private string ShellWord(string text) =>
        text.Length > 0 && text.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or ',' or ':' or '=' or '+' or '@')
            ? text : "'" + text.Replace("'", "'\\''") + "'";
}
