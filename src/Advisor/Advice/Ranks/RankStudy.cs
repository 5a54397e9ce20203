using System.Globalization;
using LoraLint.Advisor.Advice.Estimating;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>Asks the methods that were wanted, or all for which there is what they need, and puts together what they say.</summary>
internal sealed class RankStudy(Terminal terminal, RankRequest request, RecognisedConfig? recognised, CompanionFiles files)
{
    private const long UsualRows = 5_000;

    private const string NoTask =
        "the config trains a model of images, and what is known of tasks and ranks is of language models; a sweep finds its rank";

    private readonly TrainingConfig _config = recognised?.Config ?? new TrainingConfig();
    private readonly List<string> _assumptions = [];
    private readonly List<string> _leftOut = [];
    private readonly List<string> _notes = [];

    /// <summary>Does it.</summary>
    /// <exception cref="UserMistakeException">A method that was named lacks what it needs, or what is given does not fit.</exception>
    public RankAdvice Make()
    {
        var model = ModelOf(out var modelProblem);
        var targets = "";
        var adapter = model is null ? null : AdapterOf(model, out targets);
        var data = DataOf();
        var rows = request.Rows ?? RowsOf(data);
        var budget = BudgetOf(model, adapter, modelProblem);
        var sweep = SweepOf();
        var task = TaskOf();
        var before = TaskRankOf(task, model, adapter, rows, request.TokensPerRow, null);
        var rankBefore = RankVerdict.Of(before, budget, null, sweep)?.Rank;
        var spectra = SpectraOf(data, model, adapter, rankBefore);
        rows ??= spectra?.Rows;
        var tokens = request.TokensPerRow ?? spectra?.AnswerTokensPerRow;
        var taskRank = TaskRankOf(task, model, adapter, rows, tokens, spectra?.BaseLoss);
        var verdict = RankVerdict.Of(taskRank, budget, spectra, sweep) ?? throw new UserMistakeException(
            spectra is null ? NoTask : "all rows of the data are alike, so their spectrum says nothing");
        if (taskRank is not null)
            TellAssumptions(task, rows, tokens, model);
        else if (Wants(RankMethod.Task))
            _leftOut.Add("task: " + NoTask);
        if (model is null && recognised is not null)
            _leftOut.Add("parameters and memory: " + modelProblem);
        TellExperts(model, adapter, verdict.Rank);
        if (spectra is { ModuleRanks.Count: > 0 } && spectra.AverageRank != verdict.Rank)
        {
            _notes.Add(Text($"the ranks of modules share out rank {spectra.AverageRank}, what was known before the data was looked at, ")
                + Text($"and not {verdict.Rank}"));
        }

        var cost = model is null ? null : CostAt(verdict.Rank, rows, out modelProblem);
        return new RankAdvice
        {
            Name = request.Config ?? request.Model ?? request.Data.FirstOrDefault() ?? NameOf(task),
            Verdict = verdict,
            Alpha = AdvisorTable.AlphaOf((int)verdict.Rank),
            Model = model,
            Targets = targets,
            UseDora = UseDora,
            Task = request.Traits is null ? task : null,
            Rows = rows,
            TokensPerRow = tokens,
            TaskRank = taskRank,
            Budget = budget,
            OtherTargets = budget is null ? [] : [.. OthersWithin(budget.Budget, model!, adapter!)],
            Data = spectra,
            Sweep = sweep,
            Adapter = model is null ? null : AdapterShape.Find(model.Shape, adapter! with { Rank = verdict.Rank }),
            Cost = cost,
            CostProblem = cost is null ? modelProblem : "",
            LeftOut = _leftOut,
            Assumptions = _assumptions,
            Notes = _notes,
        };
    }

    private bool UseDora => request.UseDora || _config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora;

    private bool Wants(RankMethod method) => request.Method is null || request.Method == method;

    private BaseModel? ModelOf(out string problem)
    {
        problem = "the base model is not known: name it with --model, a folder or a name on the hub";
        var name = request.Model ?? _config.BaseModel.Or("").Trim();
        if (name.Length == 0)
            return null;
        var found = files.FindModel(name);
        if (found.Model is { } model)
            return model;
        problem = $"the base model is not known: {found.Problem}; --model takes a folder or another name";
        return request.Model is null ? null : throw new UserMistakeException(problem);
    }

    private AdapterRequest AdapterOf(BaseModel model, out string targets)
    {
        var read = AdapterTargets.Read(request.TargetModules, recognised, model, out targets) with { UseDora = UseDora };
        if (request.TargetModules is null && recognised is null)
            _assumptions.Add($"target modules: {targets}");
        var shape = AdapterShape.Find(model.Shape, read with { Rank = 1 })
            ?? throw new UserMistakeException("the modules that get adapters cannot be told; name them with --target-modules");
        if (shape.Modules.Count > 0)
            return read;
        var what = targets.Length == 0 ? "there are no target modules" : $"{targets}: no module of {model.Name} is called that";
        throw new UserMistakeException($"{what}; it has {string.Join(", ", model.Shape.LinearNames())}");
    }

    private DataOptions? DataOf()
    {
        if (!Wants(RankMethod.Data) && request.Data.Count == 0)
            return null;
        var data = DataSources.Find(terminal, request, recognised, files, out var problem);
        if (data is null && request.Method == RankMethod.Data)
            throw new UserMistakeException(problem);
        if (data is null)
            _leftOut.Add($"data: {problem}");
        return data;
    }

    private long? RowsOf(DataOptions? data)
    {
        if (request.Data.Count == 0)
            return recognised is null ? null : EstimateReader.RowsOf(_config, files);
        var counts = data!.Train.Select(source => files.CountRows(source.Path)).ToList();
        return counts.All(c => c is not null) ? counts.Sum() : null;
    }

    private ParameterBudget? BudgetOf(BaseModel? model, AdapterRequest? adapter, string problem)
    {
        if (request.Budget is null)
        {
            if (request.Method == RankMethod.Budget)
            {
                throw new UserMistakeException(
                    "--method budget needs --budget: a number of parameters such as 10M, or a share such as 0.5%");
            }

            if (Wants(RankMethod.Budget))
                _leftOut.Add("budget: --budget names one, such as 10M or 0.5%");
            return null;
        }

        var budget = BudgetOption.Parse(request.Budget, model?.Parameters);
        if (model is null)
            throw new UserMistakeException(problem);
        if (adapter!.NotCounted is { } uncounted && _config.Rank.IsKnown)
            throw new UserMistakeException($"the parameters cannot be counted exactly: {uncounted}");
        var solved = ParameterBudget.Solve(model.Shape, adapter, budget)
            ?? throw new UserMistakeException("every module has a rank of its own (rank_pattern), so that the rank changes nothing");
        if (solved.Largest > 0)
            return solved;
        var fewest = model.Shape.LinearNames().Select(n => (Name: n, Solved: Within(model, adapter, [n], budget)))
            .Where(n => n.Solved?.Largest > 0).OrderBy(n => n.Solved!.PerRank).FirstOrDefault();
        throw new UserMistakeException(
            Text($"--budget {request.Budget}: rank 1 trains {solved.TrainableAt(1):N0} parameters already")
            + (solved.Fixed > 0 ? Text($", {solved.Fixed:N0} of them whatever the rank") : "")
            + (fewest.Name is null ? "" : Text($"; --target-modules {fewest.Name} takes {fewest.Solved!.PerRank:N0} a rank")));
    }

    private static ParameterBudget? Within(BaseModel model, AdapterRequest adapter, IReadOnlyList<string> names, long budget) =>
        ParameterBudget.Solve(model.Shape, Like(adapter, names), budget);

    // The same adapter on other modules, what is trained beside it kept.
    private static AdapterRequest Like(AdapterRequest adapter, IReadOnlyList<string> names)
    {
        var other = AdapterTargets.OfNames(names);
        return adapter with
        {
            TargetsAllLinear = other.TargetsAllLinear, TargetsLinearNames = false, TargetParameters = [],
            RankPattern = new Dictionary<string, double>(),
            Targets = adapter.Targets with { Names = other.Targets.Names, Pattern = null },
        };
    }

    private static IEnumerable<(string, ParameterBudget)> OthersWithin(long budget, BaseModel model, AdapterRequest adapter)
    {
        var own = AdapterShape.Find(model.Shape, adapter with { Rank = 1 })!.Modules.Select(m => m.Module.Name).ToHashSet();
        var linear = model.Shape.LinearNames().ToList();
        var attention = linear.Where(n =>
            ModuleNames.RoleOf(n) is not ModuleRoles.None and var role && (role & ~ModuleRoles.Attention) == 0);
        var queryValue = linear.Where(n => ModuleNames.RoleOf(n) is ModuleRoles.Query or ModuleRoles.Value).ToList();
        foreach (var names in (List<string>[])[["all-linear"], [.. attention], queryValue])
        {
            if (names.Count == 0
                || AdapterShape.Find(model.Shape, Like(adapter, names) with { Rank = 1 }) is not { Modules.Count: > 0 } shape
                || own.SetEquals(shape.Modules.Select(m => m.Module.Name)))
                continue;
            if (Within(model, adapter, names, budget) is { Largest: > 0 } solved)
                yield return (string.Join(", ", names), solved);
        }
    }

    private SweptRank? SweepOf()
    {
        if (request.Sweep is { } path)
            return SweptRank.Read(terminal.FullPath(path), path);
        if (request.Method == RankMethod.Sweep)
        {
            throw new UserMistakeException(
                "--method sweep needs the result of trials: `loralint sweep CONFIG` makes them, --sweep names their folder");
        }

        if (Wants(RankMethod.Sweep))
            _leftOut.Add("sweep: `loralint sweep CONFIG` tries ranks, --sweep names its folder");
        return null;
    }

    private AdvisedTask TaskOf() => request.Task ?? _config.Task switch
    {
        TrainingTask.Classification or TrainingTask.Reward => AdvisedTask.Classification,
        TrainingTask.Pretraining => AdvisedTask.Domain,
        TrainingTask.Preference => AdvisedTask.Preference,
        TrainingTask.Reinforcement => AdvisedTask.Reinforcement,
        _ => AdvisedTask.Instructions,
    };

    private bool KnowsTask => request.Task is not null
        || _config.Task is not (TrainingTask.Unknown or TrainingTask.SupervisedFineTuning or TrainingTask.Diffusion);

    private TaskRank? TaskRankOf(
        AdvisedTask task, BaseModel? model, AdapterRequest? adapter, long? rows, double? tokens, double? baseLoss)
    {
        if (!Wants(RankMethod.Task) || _config.Task == TrainingTask.Diffusion)
            return null;
        var method = UseDora ? AdvisedMethod.Dora : AdvisedMethod.Lora;
        var start = request.Traits is { } traits ? TaskRank.OfTraits([.. traits])
            : AdvisorTable.RankOf(task, rows ?? UsualRows, model?.Parameters ?? long.MaxValue, method);
        if (model is null)
            return new TaskRank(start, null, null);
        var solved = ParameterBudget.Solve(model.Shape, adapter!, 1L << 60);
        var narrowest = AdapterShape.Find(model.Shape, adapter! with { Rank = 1 })!.Modules.Min(m => m.Module.LargestRank);
        var floor = solved is null || rows is not > 0 ? null
            : task == AdvisedTask.Reinforcement ? CapacityFloor.OfEpisodes(rows.Value, solved.PerRank)
            : tokens is not > 0 ? null
            : CapacityFloor.OfAnswers(rows.Value, tokens.Value, baseLoss / Math.Log(2) ?? CapacityFloor.UsualBits, solved.PerRank);
        return new TaskRank(start, floor, Math.Max(1, narrowest / 2));
    }

    private void TellAssumptions(AdvisedTask task, long? rows, double? tokens, BaseModel? model)
    {
        if (!KnowsTask && request.Traits is null)
            _assumptions.Add($"task: {NameOf(task)} (--task names another)");
        if (rows is null)
            _assumptions.Add(Text($"rows: {UsualRows:N0} (--rows tells them)"));
        if (model is null)
            _assumptions.Add("model: of 3B parameters or more (--model names it)");
        else if (rows is not null && tokens is null && task != AdvisedTask.Reinforcement)
            _leftOut.Add("capacity floor: the tokens that are trained on are not known; --tokens-per-row tells them");
    }

    private void TellExperts(BaseModel? model, AdapterRequest? adapter, long rank)
    {
        if (model?.Dimensions is not { Experts: > 0 } size
            || !AdapterShape.Find(model.Shape, adapter! with { Rank = rank })!.Modules
                .Any(m => m.Module.Expert is not null || m.Module.Stack > 1))
            return;
        _notes.Add(
            Text($"adapters sit on {size.Experts} experts, of which a token takes {size.ExpertsPerToken}: Thinking Machines divides ")
            + Text($"the rank of experts by those taken ({Math.Max(1, rank / Math.Max(1, size.ExpertsPerToken))}), ")
            + Text($"PEFT's guide by all of them ({Math.Max(1, rank / size.Experts)})"));
    }

    private DataSpectra? SpectraOf(DataOptions? data, BaseModel? model, AdapterRequest? adapter, long? rankBefore)
    {
        if (data is null || !Wants(RankMethod.Data))
            return null;
        var folder = model is null ? null : BaseModelFolder.Of(terminal.Variable).Find(
            model.Name, files.Locate(model.Name) ?? terminal.FullPath(model.Name), out _);
        var deepest = folder is null ? "texts" : request.Method == RankMethod.Data ? "model" : "embeddings";
        var depth = request.Depth ?? deepest;
        if (depth != "texts" && folder is null)
        {
            throw new UserMistakeException(
                $"--depth {depth} looks into the base model's files, and {model?.Name ?? "no model"} is not on this machine; --model names "
                + "its folder");
        }

        if (TrainerOf(isNeeded: request.Method == RankMethod.Data || request.Depth is not null) is not { } trainer)
            return null;
        var rank = rankBefore ?? (_config.Rank.TryGet(out var written) && written is >= 1 and <= 2048 ? (long)written : 16);
        var run = new TrainingRun { BaseModel = depth == "texts" ? "" : folder!, Data = data };
        if (model is not null)
        {
            var names = AdapterShape.Find(model.Shape, adapter! with { Rank = 1 })!.Modules
                .Where(m => m.Module.IsLinear).Select(m => m.Module.Name).ToList();
            run = run with { Lora = new LoraOptions { Rank = (int)Math.Min(rank, 2048), Alpha = 2 * rank, TargetModules = names } };
        }

        return SpectraRun.Look(terminal, trainer, run, request, depth);
    }

    private TrainerLocation? TrainerOf(bool isNeeded)
    {
        try
        {
            return TrainerLocation.Find(terminal, AppContext.BaseDirectory);
        }
        catch (UserMistakeException mistake) when (!isNeeded)
        {
            _leftOut.Add($"data: {mistake.Message}");
            return null;
        }
    }

    // The same reader that `loralint estimate` has; where it has no estimate, what it says is why.
    private CostEstimate? CostAt(long rank, long? rows, out string problem)
    {
        problem = "";
        try
        {
            var estimate = new EstimateRequest
            {
                Config = request.Config, Model = request.Model, TargetModules = request.TargetModules, UseDora = request.UseDora,
                Rank = (int)rank, Rows = rows,
            };
            return new CostEstimate(new EstimateReader(estimate, recognised, files).Read(request.Config ?? request.Model ?? ""), null);
        }
        catch (UserMistakeException mistake)
        {
            problem = mistake.Message;
            return null;
        }
    }

    private static string NameOf(AdvisedTask task) => AdvisorTable.NameOf(task);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
