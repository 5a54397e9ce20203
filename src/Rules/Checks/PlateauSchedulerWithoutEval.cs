using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The schedule follows the evaluation loss, but nothing is evaluated.</summary>
public sealed class PlateauSchedulerWithoutEval : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL308",
        Name = "plateau-scheduler-without-eval",
        Category = Category.Correctness,
        Summary = "The learning rate is to drop when the evaluation loss stalls, but nothing is evaluated.",
        Why = "The schedule needs a metric after each evaluation, and the trainer refuses to start without evaluations.",
        Sources = [new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: _validate_args")],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var scheduler = context.Config.LrScheduler;
        if (scheduler.IsWritten && scheduler.Or("") == "reduce_lr_on_plateau" && context.Config.EvalStrategy.Or("") == "no")
        {
            context.Report(
                scheduler,
                $"{scheduler.Key} reduce_lr_on_plateau follows the evaluation loss, but nothing is evaluated, and the trainer stops; "
                + "evaluate "
                + "by steps or epoch, or use cosine or linear",
                AskedFix.Set(context, scheduler, context.Edit.Word("cosine")));
        }
    }
}
