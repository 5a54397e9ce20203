using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Steps to save or evaluate at are written, but the strategy goes by something else.</summary>
public sealed class StepsWithOtherStrategy : Rule
{
    private static readonly string[] s_both = ["eval", "save"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL314",
        Name = "steps-with-other-strategy",
        Category = Category.Correctness,
        Summary = "Steps to evaluate or save at are written beside a strategy that does not go by steps.",
        Why = "Axolotl refuses the pair; elsewhere the number is ignored, and evaluations or checkpoints do not come when asked for.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:306-322, 335-370"),
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: eval_strategy defaults to no"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        foreach (var what in s_both)
        {
            if (context.Format.Name == "axolotl")
                CheckAxolotl(context, what);
            else
                CheckTrainer(context, what);
        }
    }

    private static void CheckAxolotl(CheckContext context, string what)
    {
        var steps = context.Read.Number(what + "_steps");
        var perEpoch = context.Read.Number(what + "s_per_epoch");
        var strategy = context.Read.Text(what + "_strategy");
        var hasOtherStrategy = strategy.IsWritten && strategy.IsKnown && strategy.Or("") is not ("steps" or "no" or "false" or "False");
        if (steps.Or(0) != 0 && perEpoch.Or(0) != 0)
        {
            context.Report(
                perEpoch,
                $"{steps.Key} and {perEpoch.Key} exclude each other, and axolotl stops; keep one",
                new Fix(FixSafety.Unsafe, $"Remove {perEpoch.Key}", context.Edit.Remove(perEpoch.Entry!)));
        }
        else if (hasOtherStrategy && (steps.Or(0) != 0 || (what == "eval" && perEpoch.Or(0) != 0)))
        {
            var written = steps.Or(0) != 0 ? steps.Key : perEpoch.Key;
            context.Report(
                strategy,
                $"{strategy.Key} {strategy.Or("")} does not go with {written}, and axolotl stops; set it to steps, or drop {written}",
                ToSteps(context, strategy.Entry!));
        }
    }

    private static void CheckTrainer(CheckContext context, string what)
    {
        var config = context.Config;
        var steps = what == "eval" ? config.EvalSteps : config.SaveSteps;
        var strategy = what == "eval" ? config.EvalStrategy : config.SaveStrategy;
        if (!steps.IsWritten || steps.Or(1) <= 0 || strategy.Or("steps") is "steps" or "best")
            return;
        // ms-swift evaluates as it saves as soon as there is data for it, and quietly not without.
        if (context.Format.Name == "ms-swift" && !strategy.IsWritten)
            return;
        var name = strategy.Or("");
        var effect = what == "eval" && name == "no" ? "nothing is ever evaluated"
            : name == "no" ? "no checkpoint is ever saved" : $"it happens by {name}";
        if (strategy.IsWritten)
        {
            context.Report(
                steps,
                $"{steps.Key} is ignored: {strategy.Key} is {name}, so {effect}; set {strategy.Key} to steps, or drop {steps.Key}",
                ToSteps(context, strategy.Entry!),
                weaker: Category.Suspicious);
        }
        else
        {
            context.Report(
                steps,
                $"{steps.Key} is ignored: {strategy.Key} is not set and its default is {name}, so {effect}; add {strategy.Key}: steps",
                new Fix(
                    FixSafety.Unsafe,
                    $"Add {strategy.Key}: steps",
                    context.Edit.InsertAfter(
                        steps.Entry!, strategy.Key.Substring(strategy.Key.LastIndexOf('.') + 1), context.Edit.Word("steps"))),
                weaker: Category.Suspicious);
        }
    }

    private static Fix ToSteps(CheckContext context, ConfigEntry strategy) =>
        new(FixSafety.Unsafe, $"Set {strategy.Key} to steps", context.Edit.Replace(strategy, context.Edit.Word("steps")));
}
