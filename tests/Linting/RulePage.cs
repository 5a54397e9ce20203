using System.Globalization;
using System.Text;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>
/// A rule's page in docs/rules. The parts between the marks are written from the rule itself, the rest by hand. A fenced block whose
/// info string says <c>bad</c> or <c>good</c> is an example and runs as a test:
/// <c>```yaml bad format=axolotl path=train.yml profile=documented rows=500 findings=2</c>, and <c>option=max-rank:8</c> or
/// <c>versions=trl:0.19.0</c> as the settings would have them. A block with <c>file=ds/zero3.json</c> instead
/// is a file that lies beside every example of the page; on a page with such blocks, other paths are known to be missing.
/// </summary>
public sealed class RulePage
{
    private const string Begin = "<!-- generated -->";
    private const string End = "<!-- /generated -->";

    private RulePage(RuleInfo rule, string path, string text)
    {
        Rule = rule;
        FilePath = path;
        Text = text;
    }

    public RuleInfo Rule { get; }

    public string FilePath { get; }

    public string Text { get; }

    public IEnumerable<Example> Examples => ReadExamples();

    public static RulePage Load(RuleInfo rule)
    {
        var path = Repository.PathTo("docs", "rules", rule.Name + ".md");
        return new RulePage(rule, path, File.Exists(path) ? File.ReadAllText(path) : "");
    }

    /// <summary>The page with its generated parts as they should be: the head at the top, options and sources at the end.</summary>
    public string Expected()
    {
        var body = Text;
        if (body.StartsWith("# ", StringComparison.Ordinal))
            body = body[(body.IndexOf(End, StringComparison.Ordinal) + End.Length)..];
        var tail = body.LastIndexOf(Begin, StringComparison.Ordinal);
        if (tail >= 0)
            body = body[..tail];
        return Head() + "\n" + body.Trim() + "\n\n" + Tail();
    }

    private string Head()
    {
        var severity = RuleInfo.SeverityOf(Rule.Category).ToString().ToLowerInvariant();
        var fix = Rule.Fix is { } safety ? safety.ToString().ToLowerInvariant() : "none";
        var formats = Rule.Formats.Count == 0 ? "all" : string.Join(", ", Rule.Formats);
        var guidance = Rule.Guidance.Count == 0 ? "" : $" · Guidance: {string.Join(", ", Rule.Guidance)}";
        return $"""
            # {Rule.Name} ({Rule.Code})

            {Begin}
            {Rule.Summary} {Rule.Why}

            Category: {Rule.Category.ToString().ToLowerInvariant()} ({severity}) · Fix: {fix} · Formats: {formats}{guidance}
            {End}

            """.ReplaceLineEndings("\n");
    }

    private string Tail()
    {
        var text = new StringBuilder(Begin).Append('\n');
        if (Rule.Options.Count > 0)
        {
            text.Append("## Options\n\n");
            foreach (var option in Rule.Options)
                text.Append(
                    CultureInfo.InvariantCulture, $"- `{option.Name}` (default {option.Default}): {option.Meaning}\n");
            text.Append('\n');
        }

        text.Append("## Sources\n\n");
        foreach (var source in Rule.Sources)
            text.Append("- ").Append(source).Append('\n');
        return text.Append(End).Append('\n').ToString();
    }

    /// <summary>The files beside the page's examples.</summary>
    public ICompanionFiles Files
    {
        get
        {
            var texts = new Dictionary<string, string>();
            var lines = Text.Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                var mark = lines[i].IndexOf(" file=", StringComparison.Ordinal);
                if (!lines[i].StartsWith("```", StringComparison.Ordinal) || mark < 0)
                    continue;
                var content = lines.Skip(i + 1).TakeWhile(l => !l.StartsWith("```", StringComparison.Ordinal));
                texts[lines[i][(mark + 6)..].Trim()] = string.Join("\n", content);
            }

            return texts.Count > 0 ? new GivenFiles(texts) : NoCompanionFiles.Instance;
        }
    }

    private IEnumerable<Example> ReadExamples()
    {
        var lines = Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal))
                continue;
            var words = lines[i][3..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var content = lines.Skip(i + 1).TakeWhile(l => !l.StartsWith("```", StringComparison.Ordinal)).ToList();
            if (words.Length > 1 && words[1] is "bad" or "good")
            {
                var settings = words.Skip(2).Select(w => w.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);
                yield return new Example(Rule.Name, i + 1, words[0], words[1] == "bad", string.Join("\n", content) + "\n", settings);
            }

            i += content.Count + 1;
        }
    }

    /// <summary>One example of a page.</summary>
    public sealed record Example(
        string Rule, int Line, string Language, bool IsBad, string Text, IReadOnlyDictionary<string, string> Settings)
    {
        public int Findings => Settings.TryGetValue("findings", out var n) ? int.Parse(n) : IsBad ? 1 : 0;

        public string Path => Settings.GetValueOrDefault("path") ?? "config." + Language;

        public LintOptions Options => LintOptions.Default with
        {
            Format = Settings.GetValueOrDefault("format"),
            DatasetRows = Settings.TryGetValue("rows", out var rows) ? long.Parse(rows) : null,
            Gpu = Settings.TryGetValue("gpu", out var card) ? GpuCatalog.Find(card) ?? throw new InvalidDataException($"gpu={card}") : null,
            TrainableBudget = !Settings.TryGetValue("budget", out var budget) ? null
                : ParameterAmount.TryParse(budget, out var amount) ? amount : throw new InvalidDataException($"budget={budget}"),
            Severities = Settings.TryGetValue("severity", out var severity)
                ? new Dictionary<string, Severity> { [Rule] = Enum.Parse<Severity>(severity, ignoreCase: true) }
                : LintOptions.Default.Severities,
            Numbers = Settings.TryGetValue("option", out var option)
                ? new Dictionary<string, double>
                {
                    [$"{Rule}.{option.Split(':')[0]}"] = double.Parse(option.Split(':')[1], CultureInfo.InvariantCulture),
                }
                : LintOptions.Default.Numbers,
            Versions = Settings.TryGetValue("versions", out var versions)
                ? versions.Split(',').Select(v => v.Split(':', 2)).ToDictionary(v => v[0], v => v[1]) : LintOptions.Default.Versions,
            Profile = Settings.TryGetValue("profile", out var profile)
                ? Enum.Parse<Profile>(profile, ignoreCase: true)
                : Profile.Recommended,
        };

        public override string ToString() => $"docs/rules/{Rule}.md:{Line}";
    }
}
