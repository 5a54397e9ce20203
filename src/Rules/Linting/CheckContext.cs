using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Linting;

/// <summary>What a rule sees of one config, and how it reports.</summary>
public sealed class CheckContext
{
    private readonly LintOptions _options;
    private readonly Action<Finding> _report;
    private readonly Rule _rule;

    internal CheckContext(
        ConfigDocument document,
        RecognisedConfig recognised,
        ICompanionFiles files,
        BaseModelView baseModel,
        LintOptions options,
        Rule rule,
        Action<Finding> report)
    {
        Document = document;
        Recognised = recognised;
        Files = files;
        BaseModel = baseModel;
        Edit = new ConfigEditor(document, recognised.Reader.Dialect);
        _options = options;
        _rule = rule;
        _report = report;
    }

    /// <summary>The file.</summary>
    public ConfigDocument Document { get; }

    /// <summary>The config with its format.</summary>
    public RecognisedConfig Recognised { get; }

    /// <summary>The format.</summary>
    public ConfigFormat Format => Recognised.Format;

    /// <summary>What the framework will do.</summary>
    public TrainingConfig Config => Recognised.Config;

    /// <summary>The keys as written.</summary>
    public SettingReader Read => Recognised.Reader;

    /// <summary>The files around the config.</summary>
    public ICompanionFiles Files { get; }

    /// <summary>The base model with its modules and what the adapter does with them, as far as they are known.</summary>
    public BaseModelView BaseModel { get; }

    /// <summary>Writes values and makes edits for fixes.</summary>
    public ConfigEditor Edit { get; }

    /// <summary>The training rows: what the user said, else the sum over local files; null as soon as one is not countable.</summary>
    public long? DatasetRows
    {
        get
        {
            if (_options.DatasetRows is not null || !Config.Dataset.TryGet(out var names) || names.Count == 0)
                return _options.DatasetRows;
            long sum = 0;
            foreach (var name in names)
            {
                if (Files.CountRows(name) is not { } rows)
                    return null;
                sum += rows;
            }

            return sum;
        }
    }

    /// <summary>The card that the config is to run on; null when the user did not say.</summary>
    public Gpu? Gpu => _options.Gpu;

    /// <summary>How many parameters the user allows to be trained; null when the user did not say.</summary>
    public ParameterAmount? TrainableBudget => _options.TrainableBudget;

    /// <summary>What decides on the memory that the run takes.</summary>
    public ConfigWorkload Workload => new(Recognised, BaseModel);

    /// <summary>
    /// Which releases of a package the project runs on: what the settings say, else what its files ask for; null when nobody says.
    /// </summary>
    /// <param name="package">The package's name in its one spelling, such as <c>trl</c>.</param>
    public Requirement? RequirementOf(string package) => _options.RequirementOf(package) ?? Files.FindRequirement(package);

    /// <summary>A number that users may set.</summary>
    public double Option(RuleOption option) =>
        _options.Numbers.TryGetValue($"{_rule.Info.Name}.{option.Name}", out var number) ? number : option.Default;

    /// <summary>Reports at a span.</summary>
    /// <param name="span">Where.</param>
    /// <param name="message">What is wrong here, why it matters and what to do.</param>
    /// <param name="fix">What to change; not offered while the file has a syntax error.</param>
    /// <param name="weaker">A category below the rule's own, when this case is less sure or less harmful.</param>
    /// <param name="related">Where else to look.</param>
    public void Report(
        TextSpan span, string message, Fix? fix = null, Category? weaker = null, IReadOnlyList<RelatedPlace>? related = null)
    {
        var category = _rule.Info.Category;
        if (weaker is { } other && RuleInfo.SeverityOf(other) < RuleInfo.SeverityOf(category))
            category = other;
        var severity = _options.SeverityOf(_rule.Info, category);
        // In a file that is broken the tree is a guess, and so would be an edit to it.
        if (Document.Problems.Any(p => p.Kind == ReadProblemKind.Syntax))
            fix = null;
        // What a name stands for is written elsewhere, and other uses of it may count on it.
        if (fix is not null && Recognised.Root.Origin is not null && fix.Edits.Any(e => EditsAName(Recognised.Root, e.Span)))
            fix = null;
        if (severity != Severity.Off)
            _report(new Finding(_rule.Info, severity, message, span, fix) { Related = related ?? [] });
    }

    /// <summary>Reports at a node.</summary>
    public void Report(
        ConfigNode node, string message, Fix? fix = null, Category? weaker = null, IReadOnlyList<RelatedPlace>? related = null) =>
        Report(node.Span, message, fix, weaker, WithOrigin(node, related));

    /// <summary>Reports at a target module's name.</summary>
    public void Report(
        PeftTargetName name, string message, Fix? fix = null, Category? weaker = null, IReadOnlyList<RelatedPlace>? related = null) =>
        Report(name.Span, message, fix, weaker, WithOrigin(name.Node, related));

    /// <summary>
    /// Reports at a setting's value; at its key when the value is blank; at the first key of the config when nothing is written.
    /// </summary>
    public void Report(
        ISetting setting, string message, Fix? fix = null, Category? weaker = null, IReadOnlyList<RelatedPlace>? related = null) =>
        Report(
            setting.Entry is { } entry ? SpanOf(entry) : AnySpan(), message, fix, weaker, WithOrigin(setting.Entry?.Value, related));

    /// <summary>Reports at an entry's value, or at its key when the value is blank.</summary>
    public void Report(
        ConfigEntry entry, string message, Fix? fix = null, Category? weaker = null, IReadOnlyList<RelatedPlace>? related = null) =>
        Report(SpanOf(entry), message, fix, weaker, WithOrigin(entry.Value, related));

    /// <summary>Those of some settings that are written in this file: where to look besides the place of a finding.</summary>
    public IReadOnlyList<RelatedPlace> Beside(params ISetting[] settings) =>
        [.. settings.Where(s => s is { Origin: SettingOrigin.Written, Entry: not null }).SelectMany(s => Beside(s.Entry!))];

    /// <summary>Entries of this file to look at besides the place of a finding.</summary>
    public IReadOnlyList<RelatedPlace> Beside(params ConfigEntry[] entries) =>
        [.. entries.Select(e => new RelatedPlace(
            Document.Source, e.Span, e.Value is { IsScalar: true, Text.Length: > 0 } ? $"{e.Key} is {e.Value.Text}" : $"{e.Key} is here"))];

    // What a name of a script stands for is written elsewhere, and that is the place to change.
    private IReadOnlyList<RelatedPlace>? WithOrigin(ConfigNode? value, IReadOnlyList<RelatedPlace>? related) =>
        Recognised.Root.Origin is not null && value is { IsAlias: true, WrittenAt: { Length: > 0 } at } && at != value.Span
            ? [.. related ?? [], new RelatedPlace(Document.Source, at, "the value is written here")] : related;

    private static bool EditsAName(ConfigNode node, TextSpan edit) =>
        (node.IsAlias && (node.Span.Overlaps(edit) || node.Span == edit))
        || (!node.IsAlias && (node.Entries.Any(e => EditsAName(e.Value, edit)) || node.Items.Any(i => EditsAName(i, edit))));

    private static TextSpan SpanOf(ConfigEntry entry) => entry.Value.Span.Length > 0 ? entry.Value.Span : entry.KeySpan;

    private TextSpan AnySpan() => Recognised.Root.Entries.Count > 0 ? Recognised.Root.Entries[0].KeySpan : Recognised.Root.Span;
}
