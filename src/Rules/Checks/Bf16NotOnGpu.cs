using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The run computes in bf16 on a card that has no units for it.</summary>
public sealed class Bf16NotOnGpu : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL607",
        Name = "bf16-not-on-gpu",
        Category = Category.Suspicious,
        Summary = "The run computes in bf16 on a card that has no units for it.",
        Why = "PyTorch emulates bf16 on such cards, at a fraction of the speed of fp16, or refuses it, depending on its release.",
        Sources =
        [
            new("pytorch/pytorch pull request 148322", "bf16 needs compute capability 8.0; below it is emulated in software"),
            new("pytorch/pytorch issue 124996", "a V100: is_bf16_supported is false, and operations run all the same"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (context.Gpu is not { HasBf16: false } gpu)
            return;
        var isSwitch = config.Bf16.Or(false) && config.Bf16.Entry is not null;
        if (!isSwitch && (config.ComputeDtype.Entry is null || config.ComputeDtype.Or("") is not ("bfloat16" or "torch.bfloat16")))
            return;
        ISetting place = isSwitch ? config.Bf16 : config.ComputeDtype;
        var entry = place.Entry!;
        var canRename = isSwitch && entry.Key == "bf16" && config.Bf16.IsWritten && context.Read.Find("fp16") is null;
        context.Report(
            place,
            $"{gpu.Name} has no units for bf16 (they come with compute capability 8.0): PyTorch emulates it, far slower than fp16, "
            + "or stops; use fp16",
            canRename ? new Fix(FixSafety.Unsafe, "Train in fp16", context.Edit.Rename(entry, "fp16")) : null);
    }
}
