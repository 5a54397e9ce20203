using System.Globalization;
using LoraLint.Advisor.Advice.Suggesting;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>A config with the settings of trials written into it, and the runs that these are.</summary>
internal sealed class TrialConfig
{
    private readonly Terminal _terminal;
    private readonly string _path, _folder;
    private readonly DecodedText _decoded;
    private readonly LintOptions _options;
    private readonly RunOverrides _overrides;
    private readonly CompanionFiles _files;

    /// <summary>Reads and checks the config.</summary>
    /// <exception cref="UserMistakeException">It cannot be read, has errors, or is no config that is trained here.</exception>
    public TrialConfig(Terminal terminal, string path, string? settings, RunOverrides overrides)
    {
        (_terminal, _path, _overrides) = (terminal, path, overrides);
        var fullPath = terminal.FullPath(path);
        _folder = Path.GetDirectoryName(fullPath)!;
        if (!File.Exists(fullPath))
            throw new UserMistakeException(Directory.Exists(fullPath) ? $"{path} is a folder; name a config" : $"no such file: {path}");
        if (ConfigReader.LanguageOf(path) is not { } language || language > ConfigLanguage.Toml)
            throw new UserMistakeException($"{path}: configs are .yaml, .yml, .json or .toml files");
        var read = FileReader.Read(fullPath);
        _decoded = read.IsRead ? read.Decoded : throw new UserMistakeException($"cannot read {path}: {read.Failure}");
        _options = new SettingsCache(terminal, settings).For(_folder).OptionsFor(fullPath, new SettingsBlock());
        _files = new CompanionFiles(_folder, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        var (document, result) = Check(Text);
        if (result.Findings.FirstOrDefault(f => f.Severity == Severity.Error) is { } error)
        {
            throw new UserMistakeException(string.Create(
                CultureInfo.InvariantCulture,
                $"{path}:{document.Source.Lines.PositionAt(error.Span.Start).Line}: {error.Rule.Name}: {error.Message}"));
        }

        Recognised = result.Configs is [var only] ? only
            : throw new UserMistakeException($"{path}: a file with one config of LoRA training is wanted");
    }

    /// <summary>The config's text.</summary>
    public string Text => _decoded.Text;

    /// <summary>The config as it is.</summary>
    public RecognisedConfig Recognised { get; }

    /// <summary>The text with settings changed. A new rank brings the alpha along that keeps the scaling.</summary>
    /// <exception cref="UserMistakeException">The format has no key for a setting, or `check` objects to the outcome.</exception>
    public string With(IReadOnlyDictionary<string, double> values)
    {
        var text = Text;
        if (values.TryGetValue("rank", out var rank) && !values.ContainsKey("alpha")
            && ScaledRank.AlphaFor(Recognised.Config, rank) is { } alpha)
            text = Set(text, "alpha", alpha);
        foreach (var (name, value) in values)
            text = Set(text, name, value);
        if (Check(text).Result.Findings.FirstOrDefault(f => f.Severity == Severity.Error) is { } error)
        {
            var tried = string.Join(", ", values.Select(v => $"{v.Key} {ConfigEditor.Number(v.Value)}"));
            throw new UserMistakeException($"{_path} with {tried}: {error.Rule.Name}: {error.Message}");
        }

        return text;
    }

    /// <summary>The run that a text means.</summary>
    /// <param name="text">The config.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="steps">Steps of the run; null for the config's own length.</param>
    /// <param name="output">The run's folder, absolute.</param>
    public RunRecord RunOf(string text, long seed, int? steps, string output)
    {
        var (document, result) = Check(text);
        var overrides = _overrides with { Seed = seed, MaxSteps = steps ?? _overrides.MaxSteps, Output = output };
        var places = new RunPlaces(_terminal.Folder, _folder, BaseModelFolder.Of(_terminal.Variable));
        var resolution = RunResolver.Resolve(result.Configs[0], places, overrides);
        if (resolution.Run is not { } run)
        {
            var problem = resolution.Problems[0];
            throw new UserMistakeException(SourceExcerpt.Harmless(
                $"{_path}: {(problem.Key.Length > 0 ? problem.Key + ": " : "")}{problem.Message}"));
        }

        if (run.Data.Validation.Count == 0 && run.Data.ValidationSplit == 0)
        {
            throw new UserMistakeException(
                $"{_path}: a sweep compares validation losses; hold out some rows of the data, or name files for it");
        }

        return new RunRecord
        {
            Run = run,
            Config = new ConfigRecord(_path, result.Configs[0].Format.Name, SecretMask.Apply(document.Source, result.Findings).Text),
            Findings = [],
            Notes = resolution.Notes,
            Forced = false,
            LoraLintVersion = Program.Version,
        };
    }

    private string Set(string text, string name, double value)
    {
        var document = Read(text);
        var config = Linter.Recognise(document, _options).First(c => c.Config.TrainsLora);
        var setting = SweepSetting.Of(config.Config, name)!;
        if (setting is Setting<Warmup> warmup)
        {
            if (warmup.TryGet(out var known) && known.Unit != WarmupUnit.Ratio)
                throw new UserMistakeException($"{_path}: warmup is in steps there; write it as a share, then it can be varied");
        }
        else if (setting.IsKnown && setting.BoxedValue is double same && same == value)
        {
            return text;
        }

        return SettingEdit.Of(document, config, setting, ConfigEditor.Number(value)) is { } edit ? TextEdit.Apply(text, [edit])
            : throw new UserMistakeException(
                $"{_path}: {name} cannot be changed there: {config.Format.Title} has no key for it, or no place yet");
    }

    private (ConfigDocument Document, LintResult Result) Check(string text)
    {
        var document = Read(text);
        return (document, Linter.Check(document, _options, _files));
    }

    private ConfigDocument Read(string text) =>
        ConfigReader.Read(_decoded with { Text = text }, FileDiscovery.Shown(_path), ConfigReader.LanguageOf(_path)!.Value);
}
