using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Commands;

/// <summary>One run of <c>loralint check</c>: find, check side by side, fix, report.</summary>
internal sealed class CheckRun(Terminal terminal, CheckRequest request)
{
    private const int MostNotes = 5;
    private readonly CompanionCache _companions = new(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable));
    private bool _hasFailed;
    private bool _hasDefect;

    /// <summary>Runs it and gives the exit code.</summary>
    public int Execute() => request.StdinFilename is { } name ? CheckInput(name) : CheckFiles();

    private int CheckFiles()
    {
        var settings = new SettingsCache(terminal, request.Config);
        var discovery = new FileDiscovery(terminal, settings);
        var found = discovery.Find(request.Paths.Count > 0 ? request.Paths : ["."], request.ForceExclude);
        foreach (var folder in discovery.Unreadable)
            FailToRead(folder, "the folder cannot be listed");
        // Settings are read before the threads start: a mistake in them ends the run, and is found in the order of the files.
        var options = new LintOptions[found.Count];
        for (var i = 0; i < options.Length; i++)
            options[i] = settings.For(Path.GetDirectoryName(found[i].FullPath)!).OptionsFor(found[i].FullPath, request.Rules);

        var outcomes = new Outcome[found.Count];
        if (found.Count == 1)
            outcomes[0] = CheckFile(found[0], options[0]);
        else
            Parallel.For(0, found.Count, i => outcomes[i] = CheckFile(found[i], options[i]));

        TellWhatWasPassedOver(outcomes);
        var changed = 0;
        foreach (var outcome in outcomes)
        {
            Tell(outcome);
            if (!outcome.IsChanged)
                continue;
            changed++;
            if (!request.Diff)
                WriteFixed(outcome);
        }

        var report = ReportOf(outcomes, discovery.SkippedCount);
        if (request.Diff)
            WriteDiff(outcomes);
        else
            WriteReport(report, terminal);
        return ExitCodeOf(report, changed);
    }

    private int CheckInput(string name)
    {
        var read = FileReader.Read(terminal.In);
        if (!read.IsRead)
            throw new UserMistakeException($"cannot read standard input: {read.Failure}");
        var decoded = read.Decoded;
        if (request.Fix && !request.Diff && decoded.Problem is { } problem)
            throw new UserMistakeException($"{name}: standard input cannot be fixed: {problem.Message}");
        var fullPath = terminal.FullPath(name);
        var file = new FoundFile(fullPath, FileDiscovery.Shown(name), IsNamed: true);
        var options = new SettingsCache(terminal, request.Config).For(Path.GetDirectoryName(fullPath)!).OptionsFor(fullPath, request.Rules);
        var outcome = Guarded(file, () => ConfigReader.LanguageOf(name) is { } language
            ? Check(file, options, decoded, language)
            : NoConfigLanguage(file));
        TellWhatWasPassedOver([outcome]);
        Tell(outcome);
        var report = ReportOf([outcome], 0);
        if (request.Diff)
            WriteDiff([outcome]);
        else if (request.Fix)
            WriteFixedInput(outcome, decoded, report);
        else
            WriteReport(report, terminal);
        return ExitCodeOf(report, outcome.IsChanged ? 1 : 0);
    }

    private Outcome CheckFile(FoundFile file, LintOptions options) => Guarded(file, () =>
    {
        if (ConfigReader.LanguageOf(file.Path) is not { } language)
            return NoConfigLanguage(file);
        // A folder has code by the thousand; it is no config that was left out.
        var read = FileReader.Read(file.FullPath, bytes => file.IsNamed || ConfigReader.MayHoldConfig(bytes, language));
        if (read is null || (read.IsRead && !file.IsNamed && !ConfigReader.MayHoldConfig(read.Decoded.Text, language)))
            return new Outcome(file);
        return read.IsRead ? Check(file, options, read.Decoded, language) : new Outcome(file) { Failure = read.Failure };
    });

    private Outcome Check(FoundFile file, LintOptions options, DecodedText decoded, ConfigLanguage language)
    {
        var document = ConfigReader.Read(decoded, file.Path, language);
        var companions = new CompanionFiles(Path.GetDirectoryName(file.FullPath)!, _companions);
        var result = Linter.Check(document, options, companions);
        if (result.Configs.Count == 0 && result.Findings.Count == 0)
        {
            if (!file.IsNamed || WhyUnread(document, options) is not { } unread)
                return new Outcome(file) { Note = "passed over: nothing in it configures LoRA training" };
            result = new LintResult([], [unread]);
        }

        if (!request.Fix && !request.Diff)
            return new Outcome(file) { Document = document, Result = result };
        var fixes = Fixer.Fix(document, result, request.UnsafeFixes, text =>
        {
            var next = ConfigReader.Read(decoded with { Text = text }, file.Path, language);
            return (next, Linter.Check(next, options, companions));
        });
        return new Outcome(file)
        {
            Document = fixes.Document, Result = fixes.Result, Defect = fixes.Defect, Fixed = fixes.Fixed,
            OldText = document.Source.Text, NewText = fixes.Fixed > 0 ? fixes.Text : null, HasMark = decoded.HasByteOrderMark,
        };
    }

    // A file that was named but is too large or no text deserves a word even when nothing that can be made out speaks of LoRA. Hooks,
    // which name whatever changed, say --force-exclude.
    private static Finding? WhyUnread(ConfigDocument document, LintOptions options)
    {
        foreach (var problem in document.Problems)
        {
            var rule = problem.Kind switch
            {
                ReadProblemKind.Limit => EngineRules.InputLimit,
                ReadProblemKind.Unreadable => EngineRules.UnreadableText,
                _ => null,
            };
            if (rule is not null && options.SeverityOf(rule, rule.Category) is not Severity.Off and var severity)
                return new Finding(rule, severity, problem.Message, problem.Span, null);
        }

        return null;
    }

    private static Outcome NoConfigLanguage(FoundFile file) =>
        new(file) { Note = "passed over: configs are .yaml, .yml, .json, .toml, .py, .ipynb or .sh files" };

    // One file that we fail on must not hide the findings of the others.
    private Outcome Guarded(FoundFile file, Func<Outcome> check)
    {
        try
        {
            return check();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new Outcome(file) { Failure = "it went away while it was read" };
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return new Outcome(file) { Defect = Program.Describe(exception, terminal) };
        }
    }

    private void WriteFixed(Outcome outcome)
    {
        try
        {
            TextFile.Write(outcome.File.FullPath, outcome.NewText!);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _hasFailed = true;
            terminal.Error.WriteLine($"error: cannot write {outcome.File.Path}");
        }
    }

    // The fixed text is the output; what is not fixed comes out as it went in. What is left is told beside it.
    private void WriteFixedInput(Outcome outcome, DecodedText decoded, CheckReport report)
    {
        terminal.Out.Write((decoded.HasByteOrderMark ? "\uFEFF" : "") + (outcome.NewText ?? decoded.Text));
        if (report.Files.Count > 0)
            WriteReport(report, terminal.ToError());
    }

    private void Tell(Outcome outcome)
    {
        if (outcome.Failure is { } failure)
            FailToRead(outcome.File.Path, failure);
        if (outcome.Defect is { } defect)
        {
            _hasDefect = true;
            terminal.Error.WriteLine($"error: {outcome.File.Path}: {defect}; this is a defect of LoraLint, please report it with the file");
        }

    }

    // A hook may name every file of a project: then a line for each would bury the findings.
    private void TellWhatWasPassedOver(IReadOnlyList<Outcome> outcomes)
    {
        if (request.Format != OutputFormat.Text)
            return;
        var passedOver = outcomes.Where(o => o.Note is not null && o.File.IsNamed).ToList();
        if (passedOver.Count > MostNotes)
            terminal.Error.WriteLine(
                $"note: {passedOver.Count} of the files named were passed over: nothing in them configures LoRA training");
        else
            passedOver.ForEach(o => terminal.Error.WriteLine($"note: {o.File.Path}: {o.Note}"));
    }

    private void FailToRead(string path, string reason)
    {
        _hasFailed = true;
        terminal.Error.WriteLine($"error: cannot read {path}: {reason}");
    }

    private CheckReport ReportOf(IReadOnlyList<Outcome> outcomes, int skipped)
    {
        var files = new List<CheckedFile>();
        var fixedCount = 0;
        foreach (var outcome in outcomes)
        {
            skipped += outcome.Note is null ? 0 : 1;
            fixedCount += outcome.Fixed;
            if (outcome is { Document: { } document, Result: { } result })
            {
                var format = result.Configs.Count > 0 ? result.Configs[0].Format.Name : null;
                files.Add(new CheckedFile(document.Source, format, result.Findings));
            }
        }

        return new CheckReport(files, skipped, fixedCount) { IsComplete = !_hasFailed && !_hasDefect };
    }

    private void WriteReport(CheckReport report, Terminal to)
    {
        var github = new ProjectPaths(to, "GITHUB_WORKSPACE");
        IReportWriter writer = request.Format switch
        {
            OutputFormat.Json => new JsonReportWriter(to.Out, new ProjectPaths(to, null)),
            OutputFormat.Sarif => new SarifReportWriter(to.Out, github, Program.Version, RuleCatalog.Infos),
            OutputFormat.GitHub => new GitHubReportWriter(to.Out, github),
            OutputFormat.GitLab => new GitLabReportWriter(to.Out, new ProjectPaths(to, "CI_PROJECT_DIR")),
            OutputFormat.JUnit => new JUnitReportWriter(to.Out, request.FailOn),
            _ when request.Statistics => new StatisticsReportWriter(StyledWriter.For(to)),
            _ => new TextReportWriter(StyledWriter.For(to)),
        };
        writer.Write(report);
        if (request.Format != OutputFormat.Text && report.Fixed > 0)
            terminal.Error.WriteLine($"Fixed {Words.Count(report.Fixed, "finding")}.");
    }

    private void WriteDiff(IReadOnlyList<Outcome> outcomes)
    {
        var writer = StyledWriter.For(terminal);
        int fixes = 0, files = 0;
        foreach (var outcome in outcomes)
        {
            if (!outcome.IsChanged)
                continue;
            var mark = outcome.HasMark ? "\uFEFF" : "";
            UnifiedDiff.Write(writer, outcome.File.Path, mark + outcome.OldText, mark + outcome.NewText);
            fixes += outcome.Fixed;
            files++;
        }

        terminal.Error.WriteLine(files == 0
            ? "Nothing to fix."
            : $"Would fix {Words.Count(fixes, "finding")} in {Words.Count(files, "file")}.");
    }

    private int ExitCodeOf(CheckReport report, int changed)
    {
        if (_hasDefect)
            return ExitCode.Defect;
        if (_hasFailed)
            return ExitCode.UserMistake;
        if (request.Diff)
            return changed > 0 ? ExitCode.Findings : ExitCode.Clean;
        for (var severity = request.FailOn; severity <= Severity.Error; severity++)
        {
            if (report.Count(severity) > 0)
                return ExitCode.Findings;
        }

        return ExitCode.Clean;
    }

    private sealed record Outcome(FoundFile File)
    {
        public ConfigDocument? Document { get; init; }

        public LintResult? Result { get; init; }

        public string? OldText { get; init; }

        public bool HasMark { get; init; }

        public string? NewText { get; init; }

        public int Fixed { get; init; }

        public string? Note { get; init; }

        public string? Defect { get; init; }

        public string? Failure { get; init; }

        public bool IsChanged => NewText is not null && NewText != OldText;
    }
}
