using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A run that is resumed saves checkpoints from which it cannot be resumed again.</summary>
public sealed class SaveOnlyModelWithResume : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL320",
        Name = "save-only-model-with-resume",
        Category = Category.Suspicious,
        Summary = "Training is resumed from a checkpoint, but its own checkpoints leave out the optimizer's state.",
        Why = "With save_only_model no checkpoint can be resumed: optimizer, schedule and random state are missing.",
        Sources =
        [
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: save_only_model prevents resuming"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/config.py: save_only_model"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var saveOnly = read.Bool("save_only_model");
        var resume = read.Text("resume_from_checkpoint");
        // ms-swift can be told to take up the weights alone.
        if (!saveOnly.Or(false) || !resume.IsWritten || resume.Or("").ToLowerInvariant() is "false" or "" || read.IsOn("resume_only_model"))
            return;
        context.Report(
            saveOnly,
            "save_only_model leaves the optimizer's state out of checkpoints, yet resume_from_checkpoint is set: what this run saves "
            + "cannot be resumed again, and a checkpoint saved like this cannot be resumed now; switch save_only_model off",
            new Fix(FixSafety.Unsafe, "Set save_only_model to false", context.Edit.Replace(saveOnly.Entry!, ConfigEditor.Bool(false))));
    }
}
