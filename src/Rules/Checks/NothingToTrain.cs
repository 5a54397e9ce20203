using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>Training would last no epochs and no steps.</summary>
public sealed class NothingToTrain : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL316",
        Name = "nothing-to-train",
        Category = Category.Correctness,
        Summary = "Training lasts no epochs and no steps.",
        Why = "The run ends, or is refused, before the first optimizer step, and an untrained adapter is written.",
        Sources =
        [
            new("Lightning-AI/litgpt@26857050 (2026-06-29)", "litgpt/finetune/lora.py:575-579"),
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: num_train_epochs, max_steps"),
        ],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var epochs = config.Epochs;
        var steps = config.MaxSteps;
        // A run of ours has no number of epochs that means none.
        var isOwn = context.Format is LoraLintFormat or CSharpFormat { IsOwn: true };
        var hasLimit = steps.IsWritten && (!steps.IsKnown || steps.Or(0) > 0);
        if (hasLimit && !isOwn)
            return;
        if (epochs.IsWritten && RunLimits.SayEpochs(epochs.Key, epochs.Or(1)) is { } problem)
        {
            context.Report(epochs, problem);
        }
        else if (hasLimit)
        {
            return;
        }
        else if (epochs.Origin == SettingOrigin.Absent && epochs.Key.Length == 0 && steps.IsWritten)
        {
            // A format that counts in steps alone.
            context.Report(
                steps,
                $"{steps.Key} is {ConfigEditor.Number(steps.Or(0))}, so nothing is trained; write how many steps to train");
        }
        else if (epochs.Origin == SettingOrigin.Absent && epochs.Entry is { } blank)
        {
            context.Report(
                blank,
                $"{epochs.Key} is null and no limit in steps is set; {context.Format.Title} stops without one of them");
        }
    }
}
