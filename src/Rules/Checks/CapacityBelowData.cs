using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The data tells more than the adapter can hold.</summary>
public sealed class CapacityBelowData : Rule
{
    private static readonly RuleOption s_bits = new(
        "bits-per-token", CapacityFloor.UsualBits,
        "What a token of an answer teaches, in bits. Thinking Machines (2025) take the loss of the first epoch, about 1 bit for a token, "
        + "and call it too high, as what the model knows already takes nothing; no source says how much too high.");

    // Beyond it nobody trains adapters (guidance 2.19: 1 to 2048, usually 4 to 128; documented runs go to 512).
    private const long HighestRank = 512;

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL606",
        Name = "capacity-below-data",
        Category = Category.Advice,
        Summary = "The data tells more than the adapter can hold.",
        Why = "Past its capacity LoRA falls behind full fine-tuning: the loss sinks more slowly, and more data does not help.",
        Sources =
        [
            new(Upstream.WithoutRegret, "how much capacity is needed by supervised and reinforcement learning"),
            new(Upstream.Trl, "docs/source/lora_without_regret.md:304: the rank has to suit the data"),
            new("Allen-Zhu and Li, arXiv 2404.05405", "2 bits of knowledge a parameter"),
        ],
        Options = [s_bits],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // Preferences and rewards teach far fewer bits; a limit of steps leaves out a part of the data.
        if (!config.TrainsLora || config.Task is not (TrainingTask.Unknown or TrainingTask.SupervisedFineTuning or TrainingTask.Pretraining)
            || config.MaxSteps.Or(0) > 0 || TokensOf(context) is not { } tokens || context.BaseModel.Model is not { } model
            || context.Workload.Request is not { NotCounted: null } request
            || ParameterBudget.Solve(model.Shape, request, long.MaxValue / 2) is not { } solved)
            return;
        var floor = CapacityFloor.OfAnswers(1, tokens, context.Option(s_bits), solved.PerRank);
        var trained = solved.TrainableAt(request.Rank);
        if (floor.Bits <= CapacityFloor.BitsOfParameter * trained)
            return;
        var remedy = floor.Rank <= HighestRank ? $"rank {Count(floor.Rank)} would hold it"
            : "no usual rank would hold it, so think of full fine-tuning";
        context.Report(
            config.Rank,
            $"the data has about {Rounded(tokens)} tokens to be learnt, which is about {Rounded(floor.Bits)} bits, and the "
            + $"{Count(trained)} trained parameters hold about {Rounded(CapacityFloor.BitsOfParameter * trained)}; {remedy}. That is an "
            + "upper bound, as what the model knows already takes nothing: `loralint rank` measures more closely",
            related: context.Beside(config.Dataset, config.TargetModules));
    }

    private static double? TokensOf(CheckContext context)
    {
        if (!context.Config.Dataset.TryGet(out var names) || names.Count == 0)
            return null;
        var sum = 0.0;
        foreach (var name in names)
        {
            if (context.Files.LearntTokensOf(name) is not { } tokens)
                return null;
            sum += tokens;
        }

        return sum;
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    // Two digits: an estimate has no more.
    private static string Rounded(double number)
    {
        var unit = number >= 1e9 ? 1e9 : number >= 1e6 ? 1e6 : number >= 1e3 ? 1e3 : 1;
        var name = unit switch { 1e9 => " billion", 1e6 => " million", 1e3 => " thousand", _ => "" };
        return (number / unit).ToString(number / unit >= 10 ? "0" : "0.#", CultureInfo.InvariantCulture) + name;
    }
}
