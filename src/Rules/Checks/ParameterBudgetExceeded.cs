using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>More parameters are trained than the project allows.</summary>
public sealed class ParameterBudgetExceeded : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL605",
        Name = "parameter-budget-exceeded",
        Category = Category.Memory,
        Summary = "More parameters are trained than the settings allow.",
        Why = "A budget is what the adapter's place has room for: a server's slots, a device, what is sent to it.",
        Sources =
        [
            new("Documented guidance (docs/guidance.md)", "2.38: a parameter budget sets the rank"),
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py: rank times inputs and outputs of each module"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["2.38"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.TrainableBudget is not { } amount || !context.Config.TrainsLora || context.BaseModel.Model is not { } model
            || amount.Of(model.Parameters) is not { } budget || context.Workload.Request is not { NotCounted: null } request)
            return;
        // What is claimed has to hold for each way in which libraries name the modules.
        var trained = model.Shapes.Select(s => AdapterShape.Find(s, request)?.Trainable ?? 0).Min();
        if (trained <= budget)
            return;
        var config = context.Config;
        var solved = ParameterBudget.Solve(model.Shape, request, budget);
        var remedy = solved is { Rank: > 0 }
            ? $"{config.Rank.Key} {solved.Rank} trains {Count(solved.TrainableAt(solved.Rank))}"
            : "rank 1 is too much already, so name fewer modules";
        var allowed = Count(budget) + (amount.IsShare ? $", {amount}" : "");
        context.Report(
            config.Rank,
            $"rank {Count(request.Rank)} trains {Count(trained)} parameters of {model.Name}, and budget.trainable-parameters "
            + $"allows {allowed}; {remedy}",
            solved is { Rank: > 0 } && ScaledRank.EditsOf(context.Edit, config, solved.Rank) is { Count: > 0 } edits
                ? new Fix(FixSafety.Unsafe, $"Set {config.Rank.Key} to {solved.Rank} and keep the scaling", edits) : null,
            related: context.Beside(config.TargetModules, config.BaseModel));
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
