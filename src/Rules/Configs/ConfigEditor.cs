using System.Globalization;
using System.Text;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Configs;

/// <summary>Spells values in a document's language and makes the smallest edits for fixes. Layout and comments stay.</summary>
public sealed partial class ConfigEditor(ConfigDocument document, ScalarDialect dialect)
{
    private static readonly string[] s_wordsThatAreNotText =
        ["", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", ".nan"];

    private string Text => document.Source.Text;

    /// <summary>A number so that the format's loader reads a number: <c>2.0e-4</c>, <c>32</c>, <c>0.05</c>.</summary>
    public static string Number(double value)
    {
        if (double.IsNaN(value) || double.IsInfinity(value))
            return value.ToString(CultureInfo.InvariantCulture);
        if (value == Math.Floor(value) && Math.Abs(value) < 1e15)
            return value.ToString("0", CultureInfo.InvariantCulture);
        if (Math.Abs(value) >= 1e-3)
            return value.ToString("0.##########", CultureInfo.InvariantCulture);
        var exponent = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        var mantissa = Math.Round(value / Math.Pow(10, exponent), 6);
        return mantissa.ToString("0.0#####", CultureInfo.InvariantCulture) + "e" + exponent.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A boolean.</summary>
    public static string Bool(bool value) => value ? "true" : "false";

    /// <summary>A text, quoted where the language or its loader needs it.</summary>
    public string Word(string text)
    {
        if (document.Language == ConfigLanguage.Shell)
            return ShellWord(text);
        if (document.Language is ConfigLanguage.Python or ConfigLanguage.Notebook)
            return PythonText(text);
        if (document.Language != ConfigLanguage.Yaml)
            return Quote(text);
        var isPlain = text.Length > 0 && !s_wordsThatAreNotText.Contains(text.ToLowerInvariant())
            && text.All(c => char.IsLetterOrDigit(c) || c is '_' or '-' or '.' or '/')
            && text[0] is not ('-' or '.')
            && dialect.Read(ConfigNode.Scalar(default, text, ScalarStyle.Plain)).Kind == ConfigValueKind.String;
        return isPlain ? text : Quote(text);
    }

    /// <summary>A list of texts in brackets.</summary>
    public string Words(IEnumerable<string> texts) => document.Language == ConfigLanguage.Shell
        ? string.Join(" ", texts.Select(Word)) : "[" + string.Join(", ", texts.Select(Word)) + "]";

    /// <summary>The same as it is written as the value of an entry.</summary>
    public string Words(ConfigEntry entry, IEnumerable<string> texts) => IsPair(entry) ? AsOneWord(Words(texts)) : Words(texts);

    /// <summary>Writes another value in place of the one there. A block list or mapping shrinks to one line beside its key.</summary>
    public TextEdit Replace(ConfigEntry entry, string value)
    {
        var span = entry.Value.Span;
        if (IsCode)
            return ReplaceInCode(entry, Spell(value));
        if (document.Language == ConfigLanguage.CSharp)
            return new TextEdit(span, LikeBefore(entry.Value, value));
        if (span.Length > 0 && !IsBlockCollection(entry.Value))
            return new TextEdit(span, value);
        // A blank value: its place is right behind the colon. A block: it may stand at the key's own column, where a single value may not.
        var colon = Text.IndexOf(':', entry.KeySpan.End);
        if (colon < 0 || (span.Length > 0 && colon >= span.Start))
            return new TextEdit(span, value);
        if (span.Length == 0)
            return new TextEdit(new TextSpan(colon + 1, 0), " " + value);
        var between = Text.Substring(colon + 1, span.Start - colon - 1).TrimEnd();
        return new TextEdit(TextSpan.FromBounds(colon + 1, span.End), " " + value + between);
    }

    /// <summary>Gives a setting a value: in place of what is written, else as a new key behind another entry.</summary>
    public TextEdit Set(ISetting setting, string value, ConfigEntry behind) =>
        setting.Origin == SettingOrigin.Written && setting.Entry is { } entry ? Replace(entry, value)
            : setting.Entry is { } blank && blank.Key == LastPart(setting.Key) ? Replace(blank, value)
            : InsertAfter(behind, LastPart(setting.Key), value);

    /// <summary>Whether two paths are keys of one mapping, so that one can be written behind the other.</summary>
    public static bool AreSiblings(string path, string other) =>
        path.Substring(0, path.LastIndexOf('.') + 1) == other.Substring(0, other.LastIndexOf('.') + 1);

    /// <summary>Whether a comment lies inside a span, so that replacing it would lose the comment.</summary>
    public bool HoldsComment(TextSpan span) => document.Comments.Any(c => c.Span.Overlaps(span));

    /// <summary>Writes other items in place of one of a list.</summary>
    public TextEdit ReplaceItem(ConfigNode list, ConfigNode item, IEnumerable<string> values)
    {
        if (list.IsFlow || document.Language != ConfigLanguage.Yaml)
            return new TextEdit(item.Span, string.Join(SeparatorOf(list), values.Select(Spell)));
        var start = document.Source.Lines.LineStart(document.Source.Lines.LineAt(item.Span.Start));
        var bullet = Text.Substring(start, item.Span.Start - start);
        // `key: - a` and nested bullets have no line of their own to repeat.
        return bullet.Trim() == "-"
            ? new TextEdit(item.Span, string.Join(LineBreak + bullet, values))
            : new TextEdit(item.Span, values.First());
    }

    // Words of a command line, or a list in brackets within one word.
    private string SeparatorOf(ConfigNode list) =>
        document.Language != ConfigLanguage.Shell ? ", " : IsBracketed(list) ? "," : " ";

    private bool IsBracketed(ConfigNode list) => list.Span.Length > 0 && Text[list.Span.Start] == '[';

    /// <summary>Takes an item out of a list, with its line where it stands alone on it. The list keeps at least one item.</summary>
    public TextEdit RemoveItem(ConfigNode list, ConfigNode item)
    {
        var lines = document.Source.Lines;
        var first = lines.LineAt(item.Span.Start);
        var last = lines.LineAt(Math.Max(item.Span.End - 1, item.Span.Start));
        if (document.Language == ConfigLanguage.Shell && !IsBracketed(list))
            return new TextEdit(TextSpan.FromBounds(item.Span.Start - 1, item.Span.End), "");
        if (list.IsFlow || document.Language != ConfigLanguage.Yaml)
            return RemoveBetweenCommas(item.Span);
        var start = lines.LineStart(first);
        var end = last + 1 < lines.Count ? lines.LineStart(last + 1) : Text.Length;
        return Text.Substring(start, item.Span.Start - start).Trim() == "-"
            ? new TextEdit(TextSpan.FromBounds(start, end), "")
            : new TextEdit(item.Span, "null");
    }

    /// <summary>Writes another value in place of a node.</summary>
    public TextEdit Replace(ConfigNode node, string value) => new(node.Span, Spell(value));

    /// <summary>Gives a key another name.</summary>
    public TextEdit Rename(ConfigEntry entry, string key)
    {
        if (document.Language == ConfigLanguage.Notebook && Text[entry.KeySpan.Start] == '\\')
            return new TextEdit(entry.KeySpan, $"\\\"{key}\\\"");
        if (document.Language == ConfigLanguage.Shell)
            return new TextEdit(entry.KeySpan, Text.Substring(entry.KeySpan.Start, FlagStart(entry)) + key);
        var quote = Text[entry.KeySpan.Start];
        return new TextEdit(entry.KeySpan, quote is '"' or '\'' ? quote + key + quote : key);
    }

    /// <summary>Adds a key right behind another one of the same mapping.</summary>
    public TextEdit InsertAfter(ConfigEntry entry, string key, string value)
    {
        if (IsCode)
            return InsertInCode(entry, key, Spell(value));
        var start = document.Source.Lines.LineStart(document.Source.Lines.LineAt(entry.KeySpan.Start));
        var indent = Text.Substring(start, entry.KeySpan.Start - start);
        var isInBrackets = document.Language is ConfigLanguage.Json or ConfigLanguage.CSharp || IsInFlow(entry);
        // The first key of a list's item stands behind the dash; the next one stands below it.
        if (!isInBrackets && indent.All(c => c is ' ' or '-'))
            indent = indent.Replace('-', ' ');
        var standsAlone = indent.Trim().Length == 0;
        if (isInBrackets || !standsAlone)
        {
            var shownKey = document.Language == ConfigLanguage.Json ? Quote(key) : key;
            var isAssignment = document.Language == ConfigLanguage.CSharp
                && Text.IndexOf('=', entry.KeySpan.End, entry.Value.Span.Start - entry.KeySpan.End) >= 0;
            var separator = isAssignment || document.Language == ConfigLanguage.Toml ? " = " : ": ";
            var gap = standsAlone ? LineBreak + indent : " ";
            return new TextEdit(new TextSpan(entry.Span.End, 0), "," + gap + shownKey + separator + value);
        }

        var end = document.Source.Lines.LineSpan(document.Source.Lines.LineAt(Math.Max(entry.Span.End - 1, entry.KeySpan.Start))).End;
        var assignment = document.Language == ConfigLanguage.Toml ? $"{key} = {value}" : $"{key}: {value}";
        return new TextEdit(new TextSpan(end, 0), LineBreak + indent + assignment);
    }

    /// <summary>Takes an entry out of its mapping, with its line where it stands alone on it.</summary>
    public TextEdit Remove(ConfigEntry entry)
    {
        if (document.Language == ConfigLanguage.Shell)
            return RemoveFlag(entry);
        var lines = document.Source.Lines;
        var first = lines.LineAt(entry.KeySpan.Start);
        var start = lines.LineStart(first);
        var last = lines.LineAt(Math.Max(entry.Span.End - 1, start));
        var before = Text.Substring(start, entry.KeySpan.Start - start);
        var isBlock = document.Language is not (ConfigLanguage.Json or ConfigLanguage.CSharp) && !IsInFlow(entry);
        if (isBlock && before.Trim().Length == 0)
        {
            var end = last + 1 < lines.Count ? lines.LineStart(last + 1) : Text.Length;
            return new TextEdit(TextSpan.FromBounds(start, end), "");
        }

        if (isBlock)
            return new TextEdit(entry.Span, "{}");
        return RemoveBetweenCommas(entry.Span);
    }

    // In C# a list keeps the kind it was written as: an array stays one where no collection expression is understood.
    private string LikeBefore(ConfigNode before, string value)
    {
        var brace = Text.IndexOf('{', before.Span.Start, before.Span.Length);
        return before.IsSequence && value.StartsWith("[", StringComparison.Ordinal) && Text[before.Span.Start] != '[' && brace >= 0
            ? Text.Substring(before.Span.Start, brace - before.Span.Start) + "{ " + value.Substring(1, value.Length - 2) + " }"
            : value;
    }

    // In brackets the comma behind goes with it, or, for the last one, the comma before.
    private TextEdit RemoveBetweenCommas(TextSpan span)
    {
        var end = span.End;
        while (end < Text.Length && char.IsWhiteSpace(Text[end]))
            end++;
        if (end < Text.Length && Text[end] == ',')
        {
            var behindComma = ++end;
            while (end < Text.Length && char.IsWhiteSpace(Text[end]))
                end++;
            // A comment needs the space before it.
            if (end < Text.Length && Text[end] == '#')
                end = behindComma;
            return new TextEdit(TextSpan.FromBounds(span.Start, end), "");
        }

        var comma = span.Start - 1;
        while (comma >= 0 && char.IsWhiteSpace(Text[comma]))
            comma--;
        return new TextEdit(comma >= 0 && Text[comma] == ',' ? TextSpan.FromBounds(comma, span.End) : span, "");
    }

    /// <summary>The part of a dotted key that is written in its own mapping.</summary>
    private static string LastPart(string key) => key.Substring(key.LastIndexOf('.') + 1);

    private static bool IsBlockCollection(ConfigNode node) => !node.IsScalar && !node.IsFlow && !node.IsAlias;

    private string LineBreak => Text.IndexOf("\r\n", StringComparison.Ordinal) >= 0 ? "\r\n" : "\n";

    private bool IsInFlow(ConfigEntry entry) => document.Roots.Any(root => IsInFlow(root, entry));

    private static bool IsInFlow(ConfigNode node, ConfigEntry entry)
    {
        foreach (var child in node.Entries)
        {
            if (child.KeySpan == entry.KeySpan)
                return node.IsFlow;
            if (child.Value.Span.Start <= entry.KeySpan.Start && entry.KeySpan.End <= child.Value.Span.End && IsInFlow(child.Value, entry))
                return true;
        }

        return node.Items.Any(item => IsInFlow(item, entry));
    }

    // In double quotes, with the escapes that YAML, JSON and TOML share.
    /// <summary>A text in double quotes, escaped as JSON, Python and C# read it.</summary>
    internal static string Quote(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' or '\\' => result.Append('\\').Append(c),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                < ' ' => result.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => result.Append(c),
            };
        }

        return result.Append('"').ToString();
    }
}
