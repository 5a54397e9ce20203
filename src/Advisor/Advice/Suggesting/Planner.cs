using System.Globalization;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>Makes a plan of what is known: the tables say what to start with, the memory estimate what fits.</summary>
internal sealed class Planner(SuggestRequest request)
{
    // Where nothing is known: the band that most public recipes are in.
    private const long UsualRows = 5_000, UsualParameters = 8_000_000_000;
    private const int UsualLength = 2048, ShortestLength = 256, FixedAlpha = 16, HighestRank = 256;

    // Rows held out: 5 %, at least 50 and at most 1,000 of them.
    private const double HeldOut = 0.05, MostHeldOut = 0.1;
    private const int FewestHeldOut = 50, MostHeldOutRows = 1_000;

    private readonly List<string> _assumptions = [];

    /// <summary>The plan.</summary>
    public Plan Make()
    {
        var task = request.Task ?? Assumed(AdvisedTask.Instructions, "task", "instructions");
        var data = request.Data ?? Assumed(
            new DataFacts(null, UsualRows, ShapeOf(task)), "data", UsualRows.ToString("N0", CultureInfo.InvariantCulture) + " rows");
        var parameters = request.Model?.Parameters ?? Assumed(UsualParameters, "model's size", "8B");
        var length = LengthOf(data);
        var modules = ModulesOf(task);
        var choice = new MethodChoice(request, modules.Value, length.Value);
        var method = choice.Method;
        var rank = WithinLayers(
            AboveFloor(AdvisorTable.RankOf(task, data.Rows, parameters, method.Value), task, data, modules.Value), modules.Value);
        var batch = AdvisorTable.BatchOf(task, data.Rows, parameters);
        // A card has at least one sequence of a step.
        if (batch.Value < request.Gpus)
            batch = batch.Changed(request.Gpus, "one for each card", "the cards asked for");
        var fitted = choice.Fit(rank.Value, batch.Value / request.Gpus);
        var split = ValidationOf(task, data);
        var plan = new Plan
        {
            Task = task,
            ModelName = request.ModelName,
            Model = request.Model,
            Data = data,
            Gpu = request.Gpu,
            Gpus = request.Gpus,
            Method = method,
            Rank = rank,
            Alpha = AlphaOf(rank.Value),
            UseRslora = request.Alpha == AlphaSchool.Fixed && rank.Value >= 64,
            Dropout = AdvisorTable.DropoutOf(task, data.Rows, parameters),
            TargetModules = modules,
            LearningRate = RateOf(AdvisorTable.LearningRateOf(task, rank.Value, parameters, method.Value), rank.Value),
            Scheduler = AdvisorTable.SchedulerOf(task),
            WarmupRatio = AdvisorTable.WarmupOf(task, data.Rows, method.Value),
            Epochs = AdvisorTable.EpochsOf(task, data.Rows),
            Batch = batch,
            MicroBatchSize = fitted.MicroBatchSize,
            MaxSequenceLength = length,
            GradientCheckpointing = fitted.Checkpointing,
            WeightDecay = AdvisorTable.WeightDecayOf(task),
            MaxGradNorm = AdvisorTable.MaxGradNormOf(method.Value),
            HasSmallOptimizer = method.Value == AdvisedMethod.Qlora
                ? new(true, "little memory is left beside a quantized base", "QLoRA: paged optimizer; bitsandbytes' moments in 8 bits")
                : new(false, "adapters are small", "PEFT: two moments of a thousandth of the model"),
            UsesBf16 = request.Gpu is { HasBf16: false }
                ? new(false, $"{request.Gpu.Name} has no bf16", "NVIDIA: bf16 from compute capability 8.0 on")
                : new(true, "the range of 32 bits, no loss scaling", "NVIDIA: bf16 from compute capability 8.0 (2020) on"),
            ValidationSplit = split,
            EvaluateEvery = new(1, "", ""),
            Patience = split.Value > 0
                ? new(3, "LoRA converges fast", "guidance 1.32, Unsloth; three evaluations are our choice")
                : new(0, "nothing to evaluate on", "guidance 1.32"),
            OutputDirectory = request.OutputDirectory ?? "out/" + AdvisorTable.NameOf(task),
            Workload = fitted.Workload,
            Assumptions = _assumptions,
        };
        plan = plan with
        {
            EvaluateEvery = new(
                Math.Max(1, plan.Steps / 10), "ten times a run", "QLoRA: every 187 of 1,875 steps; Axolotl's examples 4 times an epoch"),
        };
        return plan with { Alternatives = [.. PlanAlternatives.Of(plan, choice)] };
    }

    private static RowShape ShapeOf(AdvisedTask task) => task switch
    {
        AdvisedTask.Domain => RowShape.Text,
        AdvisedTask.Preference => RowShape.Preference,
        AdvisedTask.Reinforcement => RowShape.Prompt,
        _ => RowShape.Messages,
    };

    private Advised<int> LengthOf(DataFacts data)
    {
        var size = request.Model?.Dimensions;
        var context = (int)Math.Min(int.MaxValue, size?.Positions > 0 ? size.Positions : size?.Context ?? int.MaxValue);
        if (request.MaxSequenceLength is { } asked)
        {
            return asked <= context ? new(asked, "asked for", "you")
                : new(context, "asked for is more than the model was made for", "config.json");
        }

        if (data.Lengths is not { } lengths)
            return new(Math.Min(UsualLength, context), "usual; data would tell", "most Axolotl examples have 2,048 or 4,096");
        // Whole blocks of 64: matrix units work in such.
        var fits = (int)Math.Clamp((lengths.NinetyNine + 63) / 64 * 64, ShortestLength, 1 << 17);
        return fits <= context ? new(fits, "99 of 100 rows are no longer", "the data")
            : new(context, "the model's context; some rows are longer", "config.json");
    }

    private Advised<IReadOnlyList<string>?> ModulesOf(AdvisedTask task)
    {
        const string All = "QLoRA, figure 2; Thinking Machines 2025; arXiv 2405.09673, figure 7; "
            + "{q, v} wins within attention alone (LoRA, table 5)";
        if (request.Modules == ModuleStrategy.Minimal && Named(ModuleRoles.Query | ModuleRoles.Value) is { } minimal)
            return new(minimal, "asked for: the fewest parameters", "guidance 2.24; LoRA, table 5");
        if (request.Modules == ModuleStrategy.Attention && Named(ModuleRoles.Attention) is { } attention)
            return new(attention, "asked for", "guidance 1.35, 2.25");
        return request.Model?.Dimensions?.Experts > 0 && Named(ModuleRoles.Attention) is { } dense
            ? new(
                dense,
                "a mixture of experts: attention is what every token goes through",
                "PEFT's target_modules do not reach stacked experts")
            : new(null, task == AdvisedTask.Domain ? "facts live in feed-forward layers too" : "all of them match full fine-tuning", All);
    }

    // The model's own names for parts of attention; null where a name stands for more than what is asked for.
    private IReadOnlyList<string>? Named(ModuleRoles roles)
    {
        if (request.Model is not { } model)
            return null;
        var names = model.Shape.LinearNames().Where(n => (ModuleNames.RoleOf(n) & roles) != 0).ToList();
        return names.Count > 0 && names.All(n => (ModuleNames.RoleOf(n) & ~roles) == 0) ? names : null;
    }

    // What the data tells has to find room: guidance 5a, step 3. Beyond the usual range nothing is suggested, as the floor is too high.
    private Advised<int> AboveFloor(Advised<int> rank, AdvisedTask task, DataFacts data, IReadOnlyList<string>? names)
    {
        if (request.Model is not { } model || data.LearntTokens is not { } tokens
            || task is AdvisedTask.Preference or AdvisedTask.Reinforcement
            || ParameterBudget.Solve(model.Shape, RequestOf(names), long.MaxValue / 2) is not { } solved)
            return rank;
        var floor = CapacityFloor.OfAnswers(1, tokens, CapacityFloor.UsualBits, solved.PerRank);
        var value = rank.Value;
        while (value < floor.Rank && value < HighestRank)
            value *= 2;
        return value == rank.Value ? rank : rank.Changed(
            value, Text($"{tokens:N0} tokens to be learnt ask for rank {floor.Rank} at least, by an estimate that is too high"),
            "Thinking Machines 2025; arXiv 2404.05405; guidance 5a");
    }

    private static AdapterRequest RequestOf(IReadOnlyList<string>? names) => new()
    {
        TargetsAllLinear = names is null, Targets = new PeftTargets { Names = names ?? [] },
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Half of what the smallest layer could have, and a power of two: beyond it an adapter has as many parameters as the layer.
    private Advised<int> WithinLayers(Advised<int> rank, IReadOnlyList<string>? names)
    {
        if (request.Model is not { } model)
            return rank;
        var most = model.Shape.Modules.Where(m => m.IsLinear && m.Name != model.Shape.Head && (names?.Contains(m.LastPart) ?? true))
            .Select(m => m.LargestRank).DefaultIfEmpty(long.MaxValue).Min() / 2;
        var value = rank.Value;
        while (value > most && value > 1)
            value /= 2;
        return value == rank.Value ? rank : rank.Changed(value, "no more than half of the smallest layer", "guidance 5a");
    }

    private Advised<int> AlphaOf(int rank) => request.Alpha switch
    {
        AlphaSchool.Equal => new(rank, "asked for: equal to the rank", "alignment-handbook; guidance 2.45"),
        AlphaSchool.Fixed => new(
            FixedAlpha, "asked for: 16 whatever the rank" + (rank >= 64 ? ", with rsLoRA's scaling" : ""), "QLoRA; guidance 2.45"),
        _ => AdvisorTable.AlphaOf(rank),
    };

    // The scaling and the learning rate together make the step: QLoRA, LoRA section 4.1.
    private Advised<double> RateOf(Advised<double> rate, int rank)
    {
        if (request.Alpha == AlphaSchool.Twice)
            return rate;
        var scaling = request.Alpha == AlphaSchool.Equal ? 1 : FixedAlpha / (rank >= 64 ? Math.Sqrt(rank) : rank);
        return scaling is >= 1 and <= 2 || rate.Value * 2 / scaling > 2e-4 ? rate
            : rate.Changed(rate.Value * 2 / scaling, "scaled against alpha", "QLoRA: alpha is proportional to the learning rate");
    }

    private static Advised<double> ValidationOf(AdvisedTask task, DataFacts data)
    {
        const string Source = "QLoRA holds out 1,024 rows; Axolotl's examples 5 %";
        if (task == AdvisedTask.Reinforcement)
            return new(0, "rewards tell", "TRL's GRPO examples");
        if (data.Rows < 2 * FewestHeldOut)
            return new(MostHeldOut, "few rows: a tenth", Source);
        var rows = Math.Clamp(HeldOut * data.Rows, FewestHeldOut, MostHeldOutRows);
        var share = Math.Min(0.5, Math.Round(rows / data.Rows, 4));
        return new(Math.Max(share, 0.0001), string.Create(CultureInfo.InvariantCulture, $"about {rows:N0} rows"), Source);
    }

    private T Assumed<T>(T value, string what, string shown)
    {
        _assumptions.Add($"{what}: {shown}");
        return value;
    }
}
