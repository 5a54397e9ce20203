using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>ZeRO-3 with an adapter and non-reentrant checkpointing.</summary>
public sealed class Zero3NonReentrant : Rule
{
    private static readonly string[] s_keys = ["gradient_checkpointing_kwargs.use_reentrant", "use_reentrant_gc"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL502",
        Name = "zero3-non-reentrant",
        Category = Category.Suspicious,
        Summary = "An adapter is trained with ZeRO-3 and non-reentrant gradient checkpointing.",
        Why = "Under ZeRO-3 a recomputed layer sees gathered weights of another shape, and the backward pass stops with a CheckpointError.",
        Sources =
        [
            new("huggingface/trl@f2cd5771 (2026-07-24)", "trl/trainer/sft_trainer.py:1099-1116; trl issue 2514"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:626-645"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        foreach (var key in s_keys)
        {
            var reentrant = context.Read.Bool(key);
            if (!reentrant.IsWritten || reentrant.Or(true) || !context.Config.GradientCheckpointing.Or(true)
                || DeepSpeedCompanion.Of(context) is not { Stage: 3 } deepSpeed)
                continue;
            var name = reentrant.Entry!.Key;
            context.Report(
                reentrant,
                $"{name} is false while deepspeed uses ZeRO stage 3 (from {(deepSpeed.Read is null ? "its name" : "its stage")}): with an "
                + (context.Format.Name == "trl" ? "adapter TRL forces it to true with a warning" : "adapter the backward pass may stop "
                + "with a CheckpointError")
                + $"; set {name} to true",
                new Fix(FixSafety.Safe, $"Set {name} to true", context.Edit.Replace(reentrant.Entry, ConfigEditor.Bool(true))));
        }
    }
}
