using LoraLint.Advisor.Advice;
using LoraLint.Advisor.Advice.Suggesting;
using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Commands;

/// <summary>Runs <c>loralint suggest</c>. The config goes to standard output, what people read about it to the errors' stream.</summary>
internal sealed class SuggestRun(Terminal terminal, SuggestOptions options)
{
    // What no row is cut at, where nobody says a length.
    private const int LongestLength = 1 << 24;

    /// <summary>Suggests, and returns the exit code.</summary>
    public int Execute()
    {
        if (options.Config is { } path)
            return Change(path);
        if (options.Apply)
            throw new UserMistakeException("--apply changes a config: name one");
        var asked = Asked(new Interview.Known(options.Model, options.Task, options.Data, options.Gpu, options.Framework));
        var writer = ConfigWriter.Find(asked.Framework);
        var plan = new Planner(RequestOf(asked, terminal.Folder)).Make();
        if (writer.Refuses(plan) is { } why)
            throw new UserMistakeException($"{writer.Format} {why}");
        var config = writer.Write(plan);
        if (options.Output is { } file)
            Create(file, config);
        if (options.Json)
        {
            JsonReportWriter.Write(terminal.Out, json => SuggestJson.Write(json, plan, writer, config));
            return ExitCode.Clean;
        }

        if (options.Output is null)
            terminal.Out.Write(config);
        terminal.Out.Flush();
        SuggestText.Write(terminal.ToError(), plan, writer);
        return ExitCode.Clean;
    }

    private Answers Asked(Interview.Known known)
    {
        if (known.Model is null && terminal.IsInteractive && !options.Json)
        {
            using var answers = new StreamReader(terminal.In, leaveOpen: true);
            return Interview.Ask(terminal.Error, answers, known);
        }

        return new Answers(
            known.Model ?? throw new UserMistakeException("name the base model with --model, a folder or a name on the hub"),
            known.Task ?? AdvisedTask.Instructions, known.Data, known.Gpu, known.Framework ?? "axolotl");
    }

    private SuggestRequest RequestOf(Answers answers, string folder)
    {
        var files = new CompanionFiles(folder, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        return new SuggestRequest
        {
            Task = options.Task is null && answers.Task == AdvisedTask.Instructions && !terminal.IsInteractive ? null : answers.Task,
            ModelName = answers.Model,
            Model = files.FindModel(answers.Model).Model,
            Data = DataOf(answers),
            Gpu = answers.Gpu is not { } card ? null : GpuCatalog.Find(card)
                ?? throw new UserMistakeException($"--gpu {card}: not known; give its memory, such as 24GB"),
            Gpus = options.Gpus,
            Framework = answers.Framework,
            Method = options.Method,
            Alpha = (AlphaSchool)options.Alpha,
            Modules = (ModuleStrategy)options.Modules,
            MaxSequenceLength = options.MaxSequenceLength,
            OutputDirectory = options.OutputDirectory,
        };
    }

    private DataFacts? DataOf(Answers answers)
    {
        if (answers.Data is not { } file)
            return options.Rows is { } count ? new DataFacts(null, count, RowShape.Unknown) : null;
        var path = terminal.FullPath(file);
        if (!File.Exists(path))
            throw new UserMistakeException(Directory.Exists(path) ? $"{file} is a folder; name a file of rows" : $"no such file: {file}");
        var facts = Counted(DataMeasure.Measure(path, file), path, answers.Model);
        return options.Rows is { } rows ? facts with { Rows = rows } : facts;
    }

    // The trainer counts what it can read; of the rest the letters tell.
    private DataFacts Counted(DataFacts facts, string path, string model)
    {
        DataFormat? format = facts.Shape switch
        {
            RowShape.Messages => DataFormat.Chat,
            RowShape.ShareGpt => DataFormat.ShareGpt,
            RowShape.Alpaca => DataFormat.Alpaca,
            RowShape.PromptCompletion => DataFormat.PromptCompletion,
            RowShape.Text when Path.GetExtension(path).ToLowerInvariant() is ".jsonl" or ".ndjson" or ".json" => DataFormat.Text,
            _ => null,
        };
        if (format is null)
            return facts with { NotCounted = "rows of this kind are not counted" };
        var folder = BaseModelFolder.Of(terminal.Variable).Find(model, terminal.FullPath(model), out _);
        var data = new DataOptions
        {
            Train = [new DataSource { Path = path, Format = format.Value }], MaxSequenceLength = options.MaxSequenceLength ?? LongestLength,
        };
        return TokenCount.Of(terminal, folder, data, out var problem) is not { } counted ? facts with { NotCounted = problem } : facts with
        {
            Counted = counted, Lengths = new LengthFacts(counted.Mean, counted.Median, counted.NinetyNine, counted.Longest),
        };
    }

    private int Change(string path)
    {
        var document = InspectCommand.Read(terminal, path);
        var fullPath = terminal.FullPath(path);
        var folder = Path.GetDirectoryName(fullPath)!;
        var lint = new SettingsCache(terminal, options.Settings).For(folder).OptionsFor(fullPath, new SettingsBlock());
        var recognised = Linter.Recognise(document, lint).Where(c => c.Config.TrainsLora).ToList() is [var only]
            ? only : throw new UserMistakeException($"{path}: a file with one config that trains low-rank adapters is wanted");
        if (document.Language is not (ConfigLanguage.Yaml or ConfigLanguage.Json or ConfigLanguage.Toml))
            throw new UserMistakeException($"{path}: configs in YAML, JSON and TOML are changed; for code, `loralint check --fix`");
        var config = recognised.Config;
        var model = options.Model ?? (config.BaseModel.TryGet(out var name) ? name
            : throw new UserMistakeException($"{path} does not name the base model; name it with --model"));
        var files = new CompanionFiles(folder, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        var data = options.Data ?? (config.Dataset.TryGet(out var sets) && sets is [var one] ? files.Locate(one) : null);
        var known = data is not null && File.Exists(terminal.FullPath(data)) ? data : null;
        var request = RequestOf(new Answers(model, TaskOf(config), known, options.Gpu, recognised.Format.Name), folder);
        var method = config.Method.Or(TuningMethod.Unknown) switch
        {
            TuningMethod.Qlora => AdvisedMethod.Qlora, TuningMethod.Dora => AdvisedMethod.Dora, _ => AdvisedMethod.Lora,
        };
        var plan = new Planner(request with
        {
            Method = options.Method ?? method,
            MaxSequenceLength = options.MaxSequenceLength
                ?? (config.MaxSequenceLength.TryGet(out var most) && most is >= 1 and < 1e7 ? (int)most : null),
        }).Make();
        var patch = ConfigPatch.Of(document, lint, plan, text =>
        {
            var read = ConfigReader.Read(new DecodedText(text, false), document.Source.Path, document.Language);
            return (read, Linter.Check(read, lint, files));
        });
        return Report(path, fullPath, document, plan, patch);
    }

    private int Report(string path, string fullPath, ConfigDocument document, Plan plan, PatchOutcome patch)
    {
        if (options.Apply && patch.Text != document.Source.Text)
            Save(path, fullPath, patch.Text);
        else if (!options.Apply)
            UnifiedDiff.Write(StyledWriter.For(terminal), path, document.Source.Text, patch.Text);
        terminal.Out.Flush();
        var error = terminal.ToError();
        SuggestText.Write(error, plan, ConfigWriter.All.FirstOrDefault(w => w.Format == "peft")!);
        foreach (var key in patch.Kept)
            terminal.Error.WriteLine($"note: {key} stays as it is: with the value suggested, `loralint check` would object");
        return ExitCode.Clean;
    }

    private AdvisedTask TaskOf(TrainingConfig config) => options.Task ?? config.Task switch
    {
        TrainingTask.Preference => AdvisedTask.Preference,
        TrainingTask.Reinforcement => AdvisedTask.Reinforcement,
        TrainingTask.Pretraining => AdvisedTask.Domain,
        TrainingTask.Classification => AdvisedTask.Classification,
        _ => AdvisedTask.Instructions,
    };

    private void Create(string file, string config)
    {
        var path = terminal.FullPath(file);
        try
        {
            TextFile.WriteNew(path, config);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new UserMistakeException($"{file} is there already; name another file, or change it by `loralint suggest {file}`");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {file}: {FileReader.ReasonOf(exception)}");
        }
    }

    private static void Save(string path, string fullPath, string text)
    {
        try
        {
            TextFile.Write(fullPath, text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {path}: {FileReader.ReasonOf(exception)}");
        }
    }
}
