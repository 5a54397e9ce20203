using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>The dropout is no probability below 1.</summary>
public sealed class DropoutOutOfRange : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL120",
        Name = "dropout-out-of-range",
        Category = Category.Correctness,
        Summary = "The dropout is negative, or 1 or more.",
        Why = "Dropout is a probability: above 1 it is refused, at 1 the adapter gets nothing but zeros, and below 0 it is silently no "
            + "dropout.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:255-258: only above 0 is there a dropout layer"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py: 1.5 passes its schema (run)"),
            new(Upstream.Guidance, "1.8: 0 to 0.5"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["1.8"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var dropout = context.Config.Dropout;
        if (!dropout.IsWritten || !dropout.TryGet(out var p) || RunLimits.SayDropout(dropout.Key, p) is not { } problem)
            return;
        // 100 % may be meant, but not trained with.
        var meant = p < 0 ? "0" : p is > 1 and < 100 ? ConfigEditor.Number(p / 100) : null;
        context.Report(
            dropout,
            problem,
            meant is null ? null
                : new Fix(FixSafety.Unsafe, $"Set {dropout.Key} to {meant}", context.Edit.Replace(dropout.Entry!, meant)));
    }
}
