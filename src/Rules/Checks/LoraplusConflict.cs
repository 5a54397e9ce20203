using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LoRA+ beside learning rates by group of modules.</summary>
public sealed class LoraplusConflict : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL331",
        Name = "loraplus-conflict",
        Category = Category.Correctness,
        Summary = "LoRA+ is combined with learning rates of the user's own for groups of modules.",
        Why = "Both divide the adapter's weights into groups with rates of their own, and axolotl refuses both at once.",
        Sources = [new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:583-592")],
        Formats = ["axolotl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var ratio = context.Read.Number("loraplus_lr_ratio");
        if (ratio.IsWritten && ratio.Or(1) != 0 && context.Read.Find("lr_groups") is { Value: { IsSequence: true, Items.Count: > 0 } })
            context.Report(
                ratio, "loraplus_lr_ratio and lr_groups exclude each other, and axolotl stops; keep one of them",
                AskedFix.Remove(context, ratio.Entry));
    }
}
