using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A base whose weights are bfloat16 is trained in float16.</summary>
public sealed class Fp16OnBf16Base : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL222",
        Name = "fp16-on-bf16-base",
        Category = Category.Advice,
        Summary = "A base model that was made in bfloat16 is trained in float16.",
        Why = "The largest number of float16 is 65504, and models that were trained in bfloat16 may have activations beyond it: the loss "
            + "becomes NaN or 0. Devices before Ampere have no bfloat16, so there it may be the only way.",
        Sources =
        [
            new("kohya-ss/musubi-tuner issue 26", "NaN in fp16, and none in bf16"),
            new("hiyouga/LLaMA-Factory issue 950", "LoRA on Baichuan2-13B: the loss is 0 in fp16, and as it should be in bf16"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var fp16 = context.Config.Fp16;
        if (!fp16.Or(false) || fp16.Entry is not { } entry || context.Config.Bf16.Or(false)
            || context.BaseModel.Model is not { Dtype: "bfloat16" } model)
            return;
        var canRename = entry.Key == "fp16" && fp16.IsWritten && context.Read.Find("bf16") is null && fp16.Key == "fp16";
        context.Report(
            fp16,
            $"the weights of {KnownModel.Describe(model)} are bfloat16 (its config.json), and training is in float16, which their "
            + "activations may overflow: the loss then becomes NaN or 0; use bf16 where the device has it (Ampere or later), else watch "
            + "the loss",
            canRename ? new Fix(FixSafety.Unsafe, "Train in bf16", context.Edit.Rename(entry, "bf16")) : null);
    }
}
