using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>
/// One run of <c>loralint train</c>: check, resolve, print the plan, prepare the folder, start the trainer, show it, tell the end.
/// </summary>
internal sealed class TrainRun(Terminal terminal, TrainRequest request)
{
    private readonly string _configPath = terminal.FullPath(request.Config);

    /// <summary>Runs it and gives the exit code.</summary>
    public int Execute()
    {
        var document = Read();
        var result = Check(document);
        if (Report(document, result) is { } stop)
            return stop;
        var resolution = RunResolver.Resolve(ConfigOf(document, result), Places(), request.Overrides);
        if (resolution.Run is not { } run)
            return Refuse(document, resolution.Problems);
        var began = request.Resume ? RunEngine.Of(run.OutputDirectory) : null;
        var engine = EngineChoice.Make(terminal, request.Engine, request.Device, began);
        var memory = MemoryPlan.Of(run, engine);
        IReadOnlyList<string> notes = [.. resolution.Notes, .. NotesOf(run, engine, memory)];
        TrainingPlan.Write(terminal, run, notes, engine.Description, MemoryLine(memory));
        terminal.Out.Flush();
        if (request.DryRun)
            return WriteFile(run);
        // Before anything is written: where no trainer is found there is no run, and so no run.json.
        var trainer = engine.Trainer ?? TrainerLocation.Find(terminal, AppContext.BaseDirectory);
        var record = RunDirectory.Prepare(terminal, RecordOf(document, result, notes, run), request.Resume);
        try
        {
            return Train(trainer, engine, run, record);
        }
        finally
        {
            if (record is not null)
                File.Delete(record);
        }
    }

    private ConfigDocument Read()
    {
        if (!File.Exists(_configPath))
            throw new UserMistakeException(
                Directory.Exists(_configPath) ? $"{request.Config} is a folder; name a config" : $"no such file: {request.Config}");
        // Code says itself how it is run.
        if (ConfigReader.LanguageOf(_configPath) is not { } language || language > ConfigLanguage.Toml)
            throw new UserMistakeException($"{request.Config}: configs are .yaml, .yml, .json or .toml files");
        var read = FileReader.Read(_configPath);
        return read.IsRead ? ConfigReader.Read(read.Decoded, FileDiscovery.Shown(request.Config), language)
            : throw new UserMistakeException($"cannot read {request.Config}: {read.Failure}");
    }

    private LintResult Check(ConfigDocument document)
    {
        var folder = Path.GetDirectoryName(_configPath)!;
        var options = new SettingsCache(terminal, request.Settings).For(folder).OptionsFor(_configPath, new SettingsBlock());
        var cache = new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable));
        return Linter.Check(document, options, new CompanionFiles(folder, cache));
    }

    // The exit code when the config's findings stop the run.
    private int? Report(ConfigDocument document, LintResult result)
    {
        var report = new CheckReport(
            [new CheckedFile(document.Source, result.Configs.Count > 0 ? result.Configs[0].Format.Name : null, result.Findings)], 0);
        if (result.Findings.Count > 0)
        {
            new TextReportWriter(StyledWriter.For(terminal)).Write(report);
            terminal.Out.WriteLine();
        }

        // Broken syntax is not for --force to overrule: what the file says is not known.
        var broken = document.Problems.Any(p => p.Kind != ReadProblemKind.NotStrictJson);
        var errors = report.Count(Severity.Error);
        if (errors == 0 || (request.Force && !broken))
            return null;
        terminal.Error.WriteLine(
            $"error: {Words.Count(errors, "error")} in {document.Source.Path} {(errors == 1 ? "stops" : "stop")} the run; "
            + (broken ? "the file cannot be read as it is" : "--force trains all the same and records it"));
        return ExitCode.Findings;
    }

    private static RecognisedConfig ConfigOf(ConfigDocument document, LintResult result) => result.Configs.Count switch
    {
        1 => result.Configs[0],
        0 => throw new UserMistakeException($"{document.Source.Path}: nothing in it configures LoRA training; "
            + $"the formats are {string.Join(", ", RunResolver.Formats)}"),
        _ => throw new UserMistakeException($"{document.Source.Path}: it holds {result.Configs.Count} configs; train one at a time"),
    };

    private RunPlaces Places() =>
        new(terminal.Folder, Path.GetDirectoryName(_configPath)!, BaseModelFolder.Of(terminal.Variable));

    private int Refuse(ConfigDocument document, IReadOnlyList<RunProblem> problems)
    {
        foreach (var problem in problems)
        {
            var at = document.Source.Lines.PositionAt(problem.Span.Start);
            var key = problem.Key.Length > 0 ? problem.Key + ": " : "";
            terminal.Error.WriteLine(SourceExcerpt.Harmless(string.Create(
                CultureInfo.InvariantCulture, $"error: {document.Source.Path}:{at.Line}:{at.Column}: {key}{problem.Message}")));
        }

        return ExitCode.UserMistake;
    }

    private int WriteFile(TrainingRun run)
    {
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(RunYaml.Write(run) is { } yaml
            ? $"# The same run as a file of LoraLint's run format, every default written.\n{yaml.TrimEnd()}"
            : "# Its datasets are of several kinds, which one run file cannot say.");
        return ExitCode.Clean;
    }

    private string? MemoryLine(MemoryPlan memory) => memory.Estimate is not { } estimate ? null
        : $"{estimate.InBrief()} when samples are as long as allowed" + (request.DryRun ? $": {estimate.InParts()}" : "");

    private static IEnumerable<string> NotesOf(TrainingRun run, EngineChoice engine, MemoryPlan memory)
    {
        if (memory.Warning is { } warning)
            yield return warning;
        if (run.Training.Precision != "fp32" && !engine.IsGpu)
            yield return $"{run.Training.Precision} is asked for; on a CPU the engines compute in fp32, which is at least as exact";
    }

    private RunRecord RecordOf(ConfigDocument document, LintResult result, IReadOnlyList<string> notes, TrainingRun run) => new()
    {
        Run = run,
        Config = new ConfigRecord(
            document.Source.Path, result.Configs[0].Format.Name, SecretMask.Apply(document.Source, result.Findings).Text),
        Findings =
        [
            .. result.Findings.Select(f => new FindingRecord(
                f.Rule.Code, f.Rule.Name, f.Severity, f.Message, document.Source.Lines.PositionAt(f.Span.Start).Line)),
        ],
        Notes = notes,
        Forced = request.Force && result.Findings.Any(f => f.Severity == Severity.Error),
        LoraLintVersion = Program.Version,
    };

    private int Train(TrainerLocation trainer, EngineChoice engine, TrainingRun run, string? record)
    {
        List<string> arguments = ["run", run.OutputDirectory, "--control", "stdin"];
        if (request.Resume)
            arguments.Add("--resume");
        if (record is not null)
            arguments.AddRange(["--record", record]);
        arguments.AddRange(["--engine", engine.Engine]);
        if (engine.Device is { } device)
            arguments.AddRange(["--device", device]);
        if (request.Threads is { } threads)
            arguments.AddRange(["--threads", threads.ToString(CultureInfo.InvariantCulture)]);
        terminal.Out.WriteLine();
        terminal.Out.Flush();
        ITrainingDisplay display = terminal is { UsesColor: true, Width: { } width }
            ? new BarDisplay(terminal.Out, width)
            : new LineDisplay(terminal.Out);
        var process = new TrainerProcess(trainer, terminal.Folder, terminal.Error);
        var end = new TrainingEnd(terminal, run, request);
        var code = 0;
        using (process.PassOnSignals())
        {
            display.Around(() => code = process.Run(arguments, e =>
            {
                display.Show(e);
                end.Note(e);
            }));
        }

        return end.Tell(code);
    }
}
