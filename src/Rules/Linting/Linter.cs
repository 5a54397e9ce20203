using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Runs;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Linting;

/// <summary>What linting a file gave.</summary>
/// <param name="Configs">The configs recognised in it; empty when it is passed over.</param>
/// <param name="Findings">The findings by place, suppressed ones left out.</param>
public sealed record LintResult(IReadOnlyList<RecognisedConfig> Configs, IReadOnlyList<Finding> Findings);

/// <summary>Recognises configs, runs the rules on them, applies suppressions. The same for every host.</summary>
public static class Linter
{
    private const string FormatMarker = "loralint-format:";

    private static readonly string[] s_helm = [".Values.", ".Files.", ".Release."];

    /// <summary>
    /// The configs in a file that concern LoRA. The format is the one the user set, else the one a
    /// <c># loralint-format: NAME</c> comment says, else the one the shape shows.
    /// </summary>
    /// <param name="document">The file.</param>
    /// <param name="options">What the user set.</param>
    /// <param name="alsoWithoutLora">Whether configs that have nothing to do with LoRA count too.</param>
    public static IReadOnlyList<RecognisedConfig> Recognise(ConfigDocument document, LintOptions options, bool alsoWithoutLora = false)
    {
        var named = FormatCatalog.Find(FormatComment(document)?.Name ?? options.Format ?? "");
        var configs = new List<RecognisedConfig>();
        foreach (var root in document.Roots)
        {
            if (!root.IsMapping || FormatOf(root, named, document.Source.Path) is not { } format)
                continue;
            var parts = format.Split(root).Select(part => new RecognisedConfig(part, format, document.Language, document.Source.Path));
            configs.AddRange(parts.Where(config => alsoWithoutLora || config.Config.ConcernsLora));
        }

        return configs;
    }

    /// <summary>Checks a file.</summary>
    public static LintResult Check(ConfigDocument document, LintOptions options, ICompanionFiles files) =>
        Check(document, Recognise(document, options), options, files);

    /// <summary>Checks configs of a file that the host has recognised itself.</summary>
    public static LintResult Check(
        ConfigDocument document, IReadOnlyList<RecognisedConfig> configs, LintOptions options, ICompanionFiles files)
    {
        var findings = new List<Finding>();
        if (FormatComment(document) is { } comment && FormatCatalog.Find(comment.Name) is null)
            AddUnknownFormat(findings, options, comment.Name, comment.Span);
        if (configs.Count == 0 && findings.Count == 0 && !LooksLikeConfig(document))
            return new LintResult(configs, []);

        foreach (var problem in document.Problems)
            Add(findings, options, RuleOf(problem.Kind), problem.Message, problem.Span);
        foreach (var config in configs)
        {
            var baseModel = new BaseModelView(config, files);
            foreach (var rule in RuleCatalog.Rules)
                Run(rule, new CheckContext(document, config, files, baseModel, options, rule, findings.Add), findings, options);
        }

        var suppressions = new Suppressions(document);
        var shown = findings.Where(f => !suppressions.Silences(f)).ToList();
        shown.AddRange(suppressions.Findings(options));
        // A dict that two calls take has one mistake.
        var once = shown.GroupBy(f => (f.Rule.Code, f.Span, f.Message)).Select(g => g.First());
        return new LintResult(
            configs, [.. once.OrderBy(f => f.Span.Start).ThenBy(f => f.Rule.Code, StringComparer.Ordinal).ThenBy(f => f.Span.Length)]);
    }

    /// <summary>
    /// Checks a run that a program has built: what the rules find in it, as they would in the C# that builds it. Places are those of
    /// <see cref="Describe"/>.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="options">What the user set.</param>
    /// <param name="files">The files around it, the base model above all.</param>
    public static LintResult Check(TrainingRun run, LintOptions options, ICompanionFiles files)
    {
        var document = RunDocument.Of(run);
        var config = new RecognisedConfig(document.Roots[0], RunDocument.Format(), document.Language, document.Source.Path);
        return Check(document, [config], options, files);
    }

    /// <summary>A run as the C# that would build it; members that have their defaults are left out.</summary>
    public static SourceText Describe(TrainingRun run) => RunDocument.Of(run).Source;

    // What code calls is no matter of settings.
    private static ConfigFormat? FormatOf(ConfigNode root, ConfigFormat? named, string path) =>
        (root.Origin is null ? named : null) ?? FormatCatalog.Recognise(root, path);

    // A broken file is only worth a word when it would have been a config: it is broken indeed, and some of its text says so.
    // The templates of a Helm chart are no YAML before Helm has filled them in.
    private static bool LooksLikeConfig(ConfigDocument document) =>
        document.Problems.Any(p => p.Kind is not ReadProblemKind.NotStrictJson)
        && !s_helm.Any(word => document.Source.Text.IndexOf(word, StringComparison.Ordinal) >= 0)
        && (document.Source.Text.IndexOf("lora", StringComparison.OrdinalIgnoreCase) >= 0
        || document.Source.Text.IndexOf("peft", StringComparison.OrdinalIgnoreCase) >= 0);

    private static void Run(Rule rule, CheckContext context, List<Finding> findings, LintOptions options)
    {
        if (rule.Info.Formats.Count > 0 && !rule.Info.Formats.Contains(context.Format.Name))
            return;
        if (!rule.AlsoWithoutLora && !context.Config.TrainsLora)
            return;
        if (!rule.LooksAtKeysAlone && context.Recognised.Root.Origin?.IsAddition == true)
            return;
        try
        {
            rule.Check(context);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Add(findings, options, EngineRules.RuleFailed,
                $"rule '{rule.Info.Name}' failed: {exception.GetType().Name}: {exception.Message}; please report it with this file",
                new TextSpan(context.Recognised.Root.Span.Start, 0));
        }
    }

    private static void Add(List<Finding> findings, LintOptions options, RuleInfo rule, string message, TextSpan span)
    {
        var severity = options.SeverityOf(rule, rule.Category);
        if (severity != Severity.Off)
            findings.Add(new Finding(rule, severity, message, span, null));
    }

    private static RuleInfo RuleOf(ReadProblemKind kind) => kind switch
    {
        ReadProblemKind.NotStrictJson => EngineRules.NotStrictJson,
        ReadProblemKind.Limit => EngineRules.InputLimit,
        ReadProblemKind.Unreadable => EngineRules.UnreadableText,
        _ => EngineRules.SyntaxError,
    };

    private static void AddUnknownFormat(List<Finding> findings, LintOptions options, string name, TextSpan span)
    {
        var rule = EngineRules.UnknownFormatName;
        var severity = options.SeverityOf(rule, rule.Category);
        if (severity == Severity.Off)
            return;
        var names = FormatCatalog.All.Select(f => f.Name).ToList();
        var closest = Spelling.Closest(name, names);
        var hint = closest is null ? $"the formats are {string.Join(", ", names)}" : $"did you mean {closest}?";
        findings.Add(new Finding(
            rule,
            severity,
            $"no format is called '{name}', so the comment is ignored; {hint}",
            span,
            closest is null ? null : new Fix(FixSafety.Safe, $"Write {closest}", new TextEdit(span, closest))));
    }

    private static (string Name, TextSpan Span)? FormatComment(ConfigDocument document)
    {
        foreach (var comment in document.Comments)
        {
            var text = comment.Text.Trim();
            if (!text.StartsWith(FormatMarker, StringComparison.Ordinal))
                continue;
            var name = text.Substring(FormatMarker.Length).Trim();
            var at = name.Length == 0 ? -1
                : document.Source.Text.LastIndexOf(name, comment.Span.End - 1, comment.Span.Length, StringComparison.Ordinal);
            return (name, at < 0 ? comment.Span : new TextSpan(at, name.Length));
        }

        return null;
    }
}
