using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>All epochs together are only a handful of optimizer steps.</summary>
public sealed class FewSteps : Rule
{
    private static readonly RuleOption s_least = new(
        "min-steps", 20, "Fewer optimizer steps than this in a whole run are reported. No source names a number: 20 is what a warmup of 10 "
        + "steps, which axolotl's and Unsloth's examples have, leaves half of.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL322",
        Name = "few-steps",
        Category = Category.Advice,
        Summary = "The rows, the batch and the epochs make only a handful of optimizer steps.",
        Why = "The adapter starts at zero and moves by about the learning rate a step, so a run of a few steps ends before warmup is over "
            + "and learns next to nothing.",
        Sources =
        [
            new(Upstream.WithoutRegret, "LoRA pays a larger price than full fine-tuning for large batches, which few steps come from"),
            new("huggingface/transformers", "src/transformers/trainer.py: steps are batches by gradient_accumulation_steps, rounded up"),
        ],
        Options = [s_least],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // In reinforcement each row is answered many times, and image trainers repeat rows by settings of their own.
        if (!config.TrainsLora || config.Task is TrainingTask.Reinforcement or TrainingTask.Diffusion || config.MaxSteps.Or(0) > 0
            || (config.MaxSteps.IsWritten && !config.MaxSteps.IsKnown)
            || context.DatasetRows is not { } rows || rows <= 0 || !config.Epochs.TryGet(out var epochs) || epochs <= 0
            || !config.MicroBatchSize.TryGet(out var micro) || micro < 1
            || !config.GradientAccumulationSteps.TryGet(out var accumulation) || accumulation < 1)
            return;
        // The most it can be: on one device, with nothing held out and nothing packed.
        var perEpoch = Math.Ceiling(Math.Ceiling(rows / micro) / accumulation);
        var steps = Math.Ceiling(perEpoch * epochs);
        var least = context.Option(s_least);
        if (steps >= least)
            return;
        var smaller = Math.Max(1, Math.Floor(rows * epochs / (micro * least)));
        var canLower = config.GradientAccumulationSteps.IsWritten && smaller < accumulation
            && Math.Ceiling(Math.Ceiling(Math.Ceiling(rows / micro) / smaller) * epochs) >= least;
        context.Report(
            config.GradientAccumulationSteps.IsWritten ? config.GradientAccumulationSteps : (ISetting)config.Epochs,
            $"{rows} rows in batches of {ConfigEditor.Number(micro * accumulation)} are {ConfigEditor.Number(steps)} optimizer steps in "
            + $"{ConfigEditor.Number(epochs)} {(epochs == 1 ? "epoch" : "epochs")} at most, on one device: hardly more than a warmup; "
            + "lower the batch, or train for more epochs",
            canLower ? new Fix(
                FixSafety.Unsafe,
                $"Set {config.GradientAccumulationSteps.Key} to {ConfigEditor.Number(smaller)}",
                context.Edit.Replace(config.GradientAccumulationSteps.Entry!, ConfigEditor.Number(smaller))) : null,
            related: context.Beside(config.MicroBatchSize, config.Epochs));
    }
}
