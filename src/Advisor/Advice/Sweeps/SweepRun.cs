using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>
/// One run of <c>loralint sweep</c>: measure, ask the search for trials, run them, keep their results, judge, report.
/// </summary>
internal sealed class SweepRun(Terminal terminal, SweepRequest request)
{
    private const int FewestSteps = 100, Evaluations = 10;

    // Doubling ranks (guidance 2.35), and the three that are left when time is short (guidance 5b).
    private static readonly int[] s_ranks = [4, 8, 16, 32, 64, 128], s_fewRanks = [8, 32, 128];

    private readonly string _folder = terminal.FullPath(request.Output);
    private readonly Lock _lock = new();

    /// <summary>Runs it and gives the exit code.</summary>
    public int Execute()
    {
        var config = new TrialConfig(terminal, request.Config, request.SettingsFile, request.Overrides);
        var record = Open(config);
        var engine = EngineChoice.Make(terminal, request.Engine, request.Device, null);
        var (parallel, threads) = Parallelism(config, engine);
        var runner = new TrialRunner(terminal, config, _folder, engine, threads);
        using var stop = StopOn(runner);
        if (record.FullSteps is null)
        {
            Say("measuring the speed of a step");
            var (steps, seconds) = runner.Probe(request.Seed);
            if (runner.IsStopping)
                return Interrupted();
            record = record with { FullSteps = steps, SecondsOfStep = seconds };
            record = record with { TrialSteps = StepsOf(record, parallel) };
            record.Write(_folder);
        }

        Say(Text($"{record.FullSteps} steps at full length, {record.SecondsOfStep:0.###} s each; trials of {record.TrialSteps} steps, ")
            + Text($"{parallel} at a time with {Words.Count(threads, "thread")}"));
        var search = SearchOf(record, config);
        var done = record.Trials.ToDictionary(t => t.Id, StringComparer.Ordinal);
        while (search.Next(done).Where(t => !done.ContainsKey(t.Id)).ToList() is { Count: > 0 } batch)
        {
            if (!RunBatch(batch, done, runner, parallel, ref record))
                return Interrupted();
        }

        return Finish(config, record, search, done);
    }

    private SweepRecord Open(TrialConfig config)
    {
        var settings = request.Settings.Count > 0 ? request.Settings
            : [new SweepSetting("rank", [.. s_ranks.Select(r => (double)r)], false)];
        var asked = string.Join(' ', [
            request.Method,
            .. settings.Select(s => $"{s.Name}={string.Join(s.IsRange ? ".." : ",", s.Values.Select(ConfigEditor.Number))}"),
            Text($"trials={request.Trials} max-steps={request.MaxSteps} seeds={request.Seeds} seed={request.Seed}"),
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(config.Text)))[..16],
        ]);
        var shown = terminal.Shown(_folder);
        if (SweepRecord.Read(_folder, shown) is { } known)
        {
            if (!request.Resume)
            {
                throw new UserMistakeException(
                    $"{shown} holds a sweep already; --resume goes on with it, --output DIR writes somewhere else");
            }

            return known.Asked == asked ? known
                : throw new UserMistakeException($"{shown} holds another sweep: config or options differ; name another --output");
        }

        if (request.Resume)
            throw new UserMistakeException($"{shown} holds no sweep to go on with; leave --resume out to start one");
        try
        {
            Directory.CreateDirectory(_folder);
            var record = new SweepRecord
            {
                Config = request.Config, Asked = asked, Method = request.Method,
                Settings = [.. settings.Select(s => new SettingRecord(s.Name, s.Values, s.IsRange))],
            };
            record.Write(_folder);
            return record;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {shown}: {FileReader.ReasonOf(exception)}");
        }
    }

    // As many as memory and processors allow: results do not depend on it.
    private (int Parallel, int Threads) Parallelism(TrialConfig config, EngineChoice engine)
    {
        var cores = Environment.ProcessorCount;
        if (engine.IsGpu)
            return (request.Parallel ?? 1, cores);
        var parallel = request.Parallel;
        if (parallel is null)
        {
            var run = config.RunOf(config.Text, request.Seed, null, Path.Join(_folder, "probe")).Run;
            var free = (long)(0.7 * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
            var each = MemoryPlan.Of(run, engine).Estimate?.High;
            // One thread a trial wastes least, but the last trial of a batch should not keep all waiting.
            parallel = (int)Math.Clamp(each is > 0 and var bytes ? free / bytes : 1, 1, Math.Max(1, cores / 2));
        }

        return (parallel.Value, Math.Max(1, cores / parallel.Value));
    }

    private int StepsOf(SweepRecord record, int parallel)
    {
        var full = record.FullSteps!.Value;
        if (request.MaxSteps is { } asked)
            return Math.Min(asked, full);
        var count = request.Method switch
        {
            "ranks" => RanksOf(record).Count,
            "grid" => request.Settings.Aggregate(1, (product, s) => product * s.Values.Count),
            _ => request.Trials,
        };
        // A tenth is for evaluating and saving.
        var fits = 0.9 * request.TimeBox.TotalSeconds * parallel / (count * record.SecondsOfStep!.Value);
        return (int)Math.Min(full, Math.Max(FewestSteps, fits));
    }

    private List<int> RanksOf(SweepRecord record)
    {
        var ranks = record.Settings.Single(s => s.Name == "rank").Values.Select(v => (int)v).Order().ToList();
        var wished = request.Settings.Count > 0;
        if (wished || record.SecondsOfStep is not { } seconds || request.MaxSteps is not null)
            return ranks;
        // Too slow for six: three that are far apart.
        return FewestSteps * ranks.Count * seconds > request.TimeBox.TotalSeconds ? [.. s_fewRanks] : ranks;
    }

    private ISweepSearch SearchOf(SweepRecord record, TrialConfig config)
    {
        double? rate = config.Recognised.Config.LearningRate.TryGet(out var written) ? written : null;
        var settings = record.Settings.Select(s => new SweepSetting(s.Name, s.Values, s.Range)).ToList();
        var steps = record.TrialSteps!.Value;
        int? quick = steps < record.FullSteps ? steps : null;
        return record.Method switch
        {
            "ranks" => new RankSearch(RanksOf(record), quick, request.Seed, request.Seeds, rate),
            "grid" => new GridSearch(settings, request.Seed, quick),
            "random" => new RandomSearch(settings, request.Seed, quick, request.Trials),
            "bayes" => new BayesianSearch(settings, request.Seed, quick, request.Trials),
            _ => new HalvingSearch(settings, request.Seed, steps, request.Trials),
        };
    }

    // False when somebody stopped it.
    private bool RunBatch(
        List<Trial> batch, Dictionary<string, TrialResult> done, TrialRunner runner, int parallel, ref SweepRecord record)
    {
        var kept = record;
        var order = kept.Trials.Select(t => t.Id).Concat(batch.Select(t => t.Id)).ToList();
        try
        {
            Parallel.ForEach(batch, new ParallelOptions { MaxDegreeOfParallelism = parallel }, RunOne);
        }
        catch (AggregateException failures)
        {
            // A mistake of the user's stays one: the first says what is wrong.
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        record = kept;
        return !runner.IsStopping;

        void RunOne(Trial trial)
        {
            if (runner.IsStopping)
                return;
            var length = trial.Steps ?? kept.FullSteps!.Value;
            var every = kept.Method == "halving" ? HalvingSearch.EvaluateEvery(length) : Math.Max(1, length / Evaluations);
            if (runner.Run(trial, every) is not { } result)
                return;
            lock (_lock)
            {
                done[trial.Id] = result;
                kept = kept with { Trials = [.. order.Where(done.ContainsKey).Select(id => done[id])] };
                kept.Write(_folder);
                Say(Describe(result));
            }
        }
    }

    private int Finish(TrialConfig config, SweepRecord record, ISweepSearch search, Dictionary<string, TrialResult> done)
    {
        var verdict = search.Judge(done);
        var settings = record.Settings.Select(s => new SweepSetting(s.Name, s.Values, s.Range)).ToList();
        record = record with
        {
            Verdict = new VerdictRecord(
                verdict.Rank, verdict.IsUncertain, verdict.Values, verdict.Words, Importance.Of(settings, record.Trials)),
        };
        record.Write(_folder);
        SweepReport.Write(_folder, record, id => Path.Join(_folder, "trials", id));
        if (request.Json)
            terminal.Out.Write(File.ReadAllText(Path.Join(_folder, SweepRecord.FileName)));
        else
            Tell(record);
        terminal.Out.Flush();
        if (request.Apply && verdict.Values.Count > 0)
            Apply(config, verdict);
        return verdict.Values.Count > 0 ? ExitCode.Clean : ExitCode.Findings;
    }

    private void Tell(SweepRecord record)
    {
        var table = new ColumnTable("trial", "validation loss", "at step", "training loss", "steps", "");
        foreach (var trial in record.Trials)
        {
            table.Add(
                trial.Id, trial.Loss is { } loss ? Text($"{loss:0.####}") : "", Text($"{trial.BestStep}"),
                trial.TrainLoss is { } train ? Text($"{train:0.####}") : "", Text($"{trial.Steps}"), Remark(trial));
        }

        terminal.Out.WriteLine();
        table.Write(terminal);
        terminal.Out.WriteLine();
        var output = StyledWriter.For(terminal);
        var values = string.Join(", ", record.Verdict!.Values.Select(v => $"{v.Key} {ConfigEditor.Number(v.Value)}"));
        output.WriteLine(
            values.Length == 0 ? "nothing to take" : "take " + values + (record.Verdict.Uncertain ? " (uncertain)" : ""), TextStyle.Strong);
        foreach (var sentence in record.Verdict.Words)
            output.WriteWrapped(SourceExcerpt.Harmless(sentence), 0, "");
        foreach (var importance in record.Verdict.Importance)
            output.WriteLine(Text($"{importance.Name} explains {100 * importance.Share:0} % of the differences"));
        output.WriteLine($"report  {terminal.Shown(Path.Join(_folder, SweepReport.FileName))}");
    }

    private void Apply(TrialConfig config, SweepVerdict verdict)
    {
        var path = terminal.FullPath(request.Config);
        try
        {
            if (File.ReadAllText(path).TrimStart('\uFEFF') != config.Text)
                throw new UserMistakeException($"{request.Config} has changed since the sweep began; it is left as it is");
            TextFile.Write(path, config.With(verdict.Values));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"cannot write {request.Config}: {FileReader.ReasonOf(exception)}");
        }

        terminal.Error.WriteLine($"{request.Config}: "
            + string.Join(", ", verdict.Values.Select(v => $"{v.Key} is {ConfigEditor.Number(v.Value)} now")));
    }

    private static string Describe(TrialResult result) => result.Id + ": "
        + (result.Loss is { } loss ? Text($"validation loss {loss:0.####} at step {result.BestStep}") : result.Failure ?? "no loss")
        + (Remark(result) is { Length: > 0 } remark && result.Loss is not null ? $" ({remark})" : "");

    private static string Remark(TrialResult trial) => trial.Failure is { } failure ? failure
        : !trial.IsStable ? "unstable" : trial.OverfitsFrom is { } step ? Text($"overfits from step {step}") : "";

    private IDisposable StopOn(TrialRunner runner)
    {
        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            runner.StopAll();
        }

        return new Signals(
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
    }

    private int Interrupted()
    {
        terminal.Error.WriteLine("stopped; the same command with --resume goes on");
        return ExitCode.Interrupted;
    }

    private void Say(string line)
    {
        terminal.Error.WriteLine(SourceExcerpt.Harmless(line));
        terminal.Error.Flush();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed class Signals(params PosixSignalRegistration[] registrations) : IDisposable
    {
        public void Dispose()
        {
            foreach (var registration in registrations)
                registration.Dispose();
        }
    }
}
