using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>Writes a rule's severity into a settings file.</summary>
internal static class SeveritySetting
{
    /// <summary>The text of a settings file that says only this.</summary>
    public static string NewFile(RuleInfo rule, Severity severity) => $"rules:\n  {rule.Name}: {Words.Of(severity)}\n";

    /// <summary>The edit that says it in a file that is there, or null when the file makes no sense or holds it in another way.</summary>
    public static TextEdit? Edit(SourceText source, RuleInfo rule, Severity severity)
    {
        var document = ConfigReader.Read(source, ConfigLanguage.Yaml);
        if (document.Problems.Count > 0 || EditOf(document, rule, Words.Of(severity)) is not { } edit)
            return null;
        var text = TextEdit.Apply(source.Text, [edit]);
        try
        {
            var settings = SettingsReader.Parse(new SourceText(source.Path, text), "");
            var options = settings.Everywhere.Over(LintOptions.Default);
            return options.SeverityOf(rule, rule.Category) == severity ? edit : null;
        }
        catch (SettingsMistakesException)
        {
            return null;
        }
    }

    private static TextEdit? EditOf(ConfigDocument document, RuleInfo rule, string word)
    {
        var source = document.Source;
        var editor = new ConfigEditor(document, ScalarDialect.Yaml12);
        var lineBreak = source.Text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        if (document.Roots is not [{ IsMapping: true } root] || root.Find("rules") is not { } rules)
        {
            var gap = source.Text.Length == 0 || source.Text[^1] is '\n' or '\r' ? "" : lineBreak;
            return new TextEdit(new TextSpan(source.Text.Length, 0), $"{gap}rules:{lineBreak}  {rule.Name}: {word}{lineBreak}");
        }

        if ((rules.Value.Find(rule.Name) ?? rules.Value.Find(rule.Code)) is { } entry)
        {
            return !entry.Value.IsMapping ? editor.Replace(entry, word)
                : entry.Value.Find("severity") is { } severity ? editor.Replace(severity, word)
                : editor.InsertAfter(entry.Value.Entries[^1], "severity", word);
        }

        if (rules.Value is { IsMapping: true, Entries.Count: > 0 })
            return editor.InsertAfter(rules.Value.Entries[^1], rule.Name, word);
        if (rules.Value.IsMapping)
            return editor.Replace(rules, $"{{ {rule.Name}: {word} }}");
        // Anything else but a blank is a mistake that somebody should look at.
        return rules.Value.IsBlank
            ? new TextEdit(
                new TextSpan(source.Lines.LineSpan(source.Lines.LineAt(rules.KeySpan.End)).End, 0), $"{lineBreak}  {rule.Name}: {word}")
            : null;
    }
}
