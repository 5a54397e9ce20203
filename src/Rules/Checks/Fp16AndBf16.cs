using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>fp16 and bf16 are both on.</summary>
public sealed class Fp16AndBf16 : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL205",
        Name = "fp16-and-bf16",
        Category = Category.Correctness,
        Summary = "Both fp16 and bf16 are switched on.",
        Why = "Mixed precision runs in one of them: transformers refuses both, axolotl silently takes bf16.",
        Sources =
        [
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: _validate_args"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/config/__init__.py:188-189"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var fp16 = context.Config.Fp16;
        var bf16 = context.Config.Bf16;
        if (!fp16.IsWritten || !bf16.IsWritten || !fp16.Or(false) || !bf16.Or(false))
            return;
        var isAxolotl = context.Format.Name == "axolotl";
        context.Report(
            fp16,
            isAxolotl
                ? "fp16 has no effect beside bf16: true, which axolotl prefers; keep the one meant (bf16 needs Ampere or later)"
                : "fp16 and bf16 are both true, and the trainer stops; keep one: bf16 is the safer one and needs an Ampere GPU or later",
            new Fix(
                isAxolotl ? FixSafety.Safe : FixSafety.Unsafe,
                "Set fp16 to false",
                context.Edit.Replace(fp16.Entry!, ConfigEditor.Bool(false))),
            isAxolotl ? Category.Suspicious : null,
            context.Beside(bf16));
    }
}
