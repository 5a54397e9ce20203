using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Both a number of steps and a number of epochs are written; the steps count.</summary>
public sealed class MaxStepsOverridesEpochs : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL315",
        Name = "max-steps-overrides-epochs",
        Category = Category.Advice,
        Summary = "A limit in steps is written beside a number of epochs, and the steps decide how long training lasts.",
        Why = "A limit left over from a trial run ends training long before the epochs that were asked for.",
        Sources =
        [
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: max_steps overrides num_train_epochs"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/config.py:1178-1183"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var steps = context.Config.MaxSteps;
        var epochs = context.Config.Epochs;
        // A streamed dataset has no length: steps are required there and say all.
        if (!steps.IsWritten || !epochs.IsWritten || steps.Or(0) <= 0 || epochs.Or(1) <= 0 || context.Read.Bool("streaming").Or(false))
            return;
        context.Report(
            steps,
            $"{steps.Key} {ConfigEditor.Number(steps.Or(0))} decides how long training lasts, not {epochs.Key}"
            + (epochs.TryGet(out var e) ? $" {ConfigEditor.Number(e)}" : "") + Length(context, steps.Or(0))
            + "; keep the one that is meant",
            AskedFix.Remove(context, epochs.Entry),
            related: context.Beside(epochs));
    }

    // How many epochs the steps are, when the rows are known.
    private static string Length(CheckContext context, double steps)
    {
        if (context.DatasetRows is not { } rows || rows <= 0 || context.Config.Packing.Or(false)
            || !context.Config.MicroBatchSize.TryGet(out var micro) || !context.Config.GradientAccumulationSteps.TryGet(out var sums))
            return "";
        return $" (on one device these steps are {ConfigEditor.Number(Math.Round(steps * micro * sums / rows, 2))} epochs)";
    }
}
