using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Corpus;
using LoraLint.Tests.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Mutations;

/// <summary>A config in which no rule finds more than a remark, to make mistakes in.</summary>
public sealed class Subject
{
    private readonly LintOptions _options;
    private readonly ICompanionFiles _files;
    private readonly HashSet<(string Rule, string Message)> _known;

    private Subject(
        string name, ConfigDocument document, RecognisedConfig recognised, IReadOnlyList<Finding> found, LintOptions options,
        ICompanionFiles files)
    {
        Name = name;
        Document = document;
        Recognised = recognised;
        Edit = new ConfigEditor(document, recognised.Reader.Dialect);
        _options = options;
        _files = files;
        _known = [.. found.Select(f => (f.Rule.Name, f.Message))];
    }

    /// <summary>Where it is from: a page of the rules with its line, or a file of the corpus.</summary>
    public string Name { get; }

    /// <summary>The file.</summary>
    public ConfigDocument Document { get; }

    /// <summary>The config in it.</summary>
    public RecognisedConfig Recognised { get; }

    /// <summary>Makes the edits.</summary>
    public ConfigEditor Edit { get; }

    /// <summary>What the framework will do with it.</summary>
    public TrainingConfig Config => Recognised.Config;

    /// <summary>The format's name.</summary>
    public string Format => Recognised.Format.Name;

    /// <summary>The language of the file.</summary>
    public ConfigLanguage Language => Document.Language;

    /// <summary>The text without the mistake.</summary>
    public string Text => Document.Source.Text;

    /// <summary>The good examples of the rules' pages and the configs of the corpus, those that train LoRA and have no warning.</summary>
    public static IReadOnlyList<Subject> All()
    {
        var examples = RuleCatalog.Rules.Select(r => RulePage.Load(r.Info))
            .SelectMany(p => p.Examples.Where(e => !e.IsBad).Select(e => (Example: e, p.Files)))
            .Select(e => Find(e.Example.ToString(), e.Example.Path, e.Example.Text, e.Example.Options, e.Files));
        var corpus = Repository.Corpus is null ? []
            : CorpusFile.All().Select(f => Find(f.Path, f.Path, f.Text, LintOptions.Default, NoCompanionFiles.Instance));
        return [.. examples.Concat(corpus).OfType<Subject>()];
    }

    /// <summary>Whether the config is of one of the formats.</summary>
    public bool Is(params string[] formats) => formats.Contains(Format);

    /// <summary>What is found in a text in place of this one that is not found in this one.</summary>
    public IReadOnlyList<Finding> NewFindings(string text) =>
        [.. Lint.Check(text, Document.Source.Path, _options, _files).Findings.Where(f => !_known.Contains((f.Rule.Name, f.Message)))];

    /// <summary>Writes another value in place of a setting's, when that is a scalar which stands here.</summary>
    public Mutant? Replace(ISetting setting, string value) =>
        IsPlain(setting, out var entry) && Document.Source.Slice(entry.Value.Span) != value
            ? Changed(Edit.Replace(entry, value), entry.Key) : null;

    /// <summary>Writes another value in place of a number.</summary>
    public Mutant? Replace(Setting<double> setting, Func<double, double> change) =>
        setting.TryGet(out var value) ? Replace(setting, ConfigEditor.Number(change(value))) : null;

    /// <summary>Writes a text in place of a setting's value, in quotes where the language wants them.</summary>
    public Mutant? ReplaceWord(ISetting setting, string word) => Replace(setting, Edit.Word(word));

    /// <summary>Writes another list in place of a setting's names; null when it has none.</summary>
    public Mutant? ReplaceModules(Func<IReadOnlyList<string>, string?> write) =>
        Config.TargetModules is { IsWritten: true, IsKnown: true, Entry: { IsMerged: false, Value: { IsSequence: true,
            IsAlias: false } } entry }
        && Config.TargetModules.TryGet(out var modules) && modules.Names.Count > 0 && write(modules.Names) is { } value
            ? Changed(Edit.Replace(entry, value), entry.Key) : null;

    /// <summary>Takes a setting away.</summary>
    public Mutant? Remove(ISetting setting) => IsPlain(setting, out var entry) ? Changed(Edit.Remove(entry), entry.Key) : null;

    /// <summary>Gives a setting's key another name, unless that is there.</summary>
    public Mutant? Rename(ISetting setting, string key) =>
        IsPlain(setting, out var entry) && entry.Key != key && Recognised.Reader.Find(key) is null
            ? Changed(Edit.Rename(entry, key), entry.Key, key) : null;

    /// <summary>Adds a key behind a setting, unless it is there.</summary>
    public Mutant? Add(ISetting behind, string key, string value) =>
        IsHere(behind, out var entry) && Recognised.Reader.Find(key) is null && !HasSibling(Recognised.Root, entry, key)
            ? Changed(Edit.InsertAfter(entry, key, value), key) : null;

    /// <summary>Gives a key at the top of the file a value; adds it behind a setting where it is not there.</summary>
    public Mutant? Set(ISetting behind, string key, string value) =>
        Recognised.Root.Find(key) is not { } entry ? Add(behind, key, value)
            : entry.Value.IsAlias || entry.IsMerged || Document.Source.Slice(entry.Value.Span) == value ? null
            : Changed(Edit.Replace(entry, value), key);

    /// <summary>The text with edits.</summary>
    /// <param name="edit">The edit.</param>
    /// <param name="keys">The keys that it is about.</param>
    public Mutant Changed(TextEdit edit, params IReadOnlyList<string> keys) => new(Text, TextEdit.Apply(Text, [edit]), keys);

    /// <summary>Whether a setting is a scalar that is written here and known.</summary>
    public bool IsPlain(ISetting setting, out ConfigEntry entry) =>
        IsHere(setting, out entry) && setting.IsKnown && entry.Value.IsScalar && entry.Value.Span.Length > 0;

    private static bool IsHere(ISetting setting, out ConfigEntry entry)
    {
        entry = setting.Entry!;
        return setting is { Origin: SettingOrigin.Written, Entry: { IsMerged: false, IsOverridden: false, Value.IsAlias: false } };
    }

    private static bool HasSibling(ConfigNode node, ConfigEntry entry, string key) =>
        node.Entries.Any(e => e.KeySpan == entry.KeySpan) ? node.Find(key) is not null
            : node.Entries.Any(e => HasSibling(e.Value, entry, key)) || node.Items.Any(i => HasSibling(i, entry, key));

    private static Subject? Find(string name, string path, string text, LintOptions options, ICompanionFiles files)
    {
        if (ConfigReader.LanguageOf(path) is not (ConfigLanguage.Yaml or ConfigLanguage.Json or ConfigLanguage.Toml))
            return null;
        var document = ConfigReader.Read(new SourceText(path, text), ConfigReader.LanguageOf(path)!.Value);
        var result = Linter.Check(document, options, files);
        var recognised = result.Configs.FirstOrDefault(c => c.Config.TrainsLora);
        return recognised is null || result.Findings.Any(f => f.Severity > Severity.Info) ? null
            : new Subject(name, document, recognised, result.Findings, options, files);
    }
}
