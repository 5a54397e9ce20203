using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A learning rate of 0 or less.</summary>
public sealed class LrNotPositive : Rule
{
    // Rates for single parts of the model, or a schedule with a rate of its own, stand in for the one at the top.
    private static readonly string[] s_otherRates = ["unet_lr", "text_encoder_lr", "lr_schedule"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL304",
        Name = "lr-not-positive",
        Category = Category.Correctness,
        Summary = "The learning rate is 0 or negative.",
        Why = "At 0 no weight ever moves, and a negative rate is refused by the optimizer.",
        Sources = [new("pytorch/pytorch", "torch/optim/adamw.py: a negative lr raises ValueError; an update is lr times a direction")],
        Fix = FixSafety.Unsafe,
    };

    // What both articles of the documented guidance take for LoRA and for QLoRA.
    private const double UsualRate = 1e-4;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var rate = context.Config.LearningRate;
        if (!rate.IsWritten || !rate.TryGet(out var value) || RunLimits.SayLearningRate(rate.Key, value) is not { } problem
            || s_otherRates.Any(context.Read.Has))
            return;
        context.Report(
            rate, problem,
            context.Config.Task == TrainingTask.SupervisedFineTuning ? AskedFix.Set(context, rate, UsualRate) : null);
    }
}
