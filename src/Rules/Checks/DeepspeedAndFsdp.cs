using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>DeepSpeed and FSDP are both configured.</summary>
public sealed class DeepspeedAndFsdp : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL501",
        Name = "deepspeed-and-fsdp",
        Category = Category.Correctness,
        Summary = "DeepSpeed and FSDP are both configured.",
        Why = "Each of them shards the model in its own way, and the trainer refuses both at once.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:1224-1229"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/arguments/sft_args.py: _init_fsdp"),
            new("huggingface/transformers", "src/transformers/trainer.py: --fsdp together with --deepspeed is refused"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var fsdp = FsdpSettings.SwitchOf(context.Read, configIsEnough: context.Format.Name == "axolotl");
        if (fsdp is not null && DeepSpeedCompanion.Of(context) is { } deepSpeed)
        {
            context.Report(
                deepSpeed.Entry,
                $"deepspeed and {fsdp.Key} are both set, and the trainer refuses that; keep one of them",
                AskedFix.Remove(context, deepSpeed.Entry),
                related: context.Beside(fsdp));
        }
    }
}
