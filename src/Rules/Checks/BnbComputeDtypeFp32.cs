using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A 4-bit base whose matrix products run in 32 bits.</summary>
public sealed class BnbComputeDtypeFp32 : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL204",
        Name = "bnb-compute-dtype-fp32",
        Category = Category.Suspicious,
        Summary = "The 4-bit base is computed with in float32.",
        Why = "In float32 the dequantized weights take twice the memory and miss the 16-bit tensor cores; QLoRA computes in bfloat16.",
        Sources =
        [
            new("QLoRA, arXiv 2305.14314", "section 3: storage in NF4, computation in BFloat16"),
            new("huggingface/transformers@000e2231", "utils/quantization_config.py: bnb_4bit_compute_dtype defaults to float32"),
            new("huggingface/trl@f2cd5771 (2026-07-24)", "trl/trainer/utils.py:239: dtype, float32 by default, is the compute dtype"),
            new("Documented guidance (docs/guidance.md)", "2.15"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["2.15"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var dtype = config.ComputeDtype;
        if (config.QuantizationBits.Or(16) != 4 || dtype.Or("") is not ("float32" or "torch.float32" or "fp32"))
            return;
        var how = dtype.IsWritten ? $"{dtype.Key} is float32"
            : dtype.Origin == SettingOrigin.Derived ? "neither bf16 nor fp16 is on, which makes the compute dtype float32"
            : $"{dtype.Key} is not set and its default is float32";
        context.Report(
            dtype.Entry is null ? config.QuantizationBits : dtype,
            $"the base is loaded in 4 bits, but {how}: matrix products run in 32 bits, at twice the memory for activations and far slower; "
            + "use bfloat16, or float16 on devices before Ampere",
            FixOf(context, dtype));
    }

    private static Fix? FixOf(CheckContext context, Setting<string> dtype)
    {
        // The member of our records that it comes from takes the short word.
        var word = context.Format is CSharpFormat ? "bf16" : "bfloat16";
        var wanted = context.Edit.Word(word);
        if (dtype.IsWritten)
            return new Fix(FixSafety.Unsafe, $"Set {dtype.Key} to {word}", context.Edit.Replace(dtype.Entry!, wanted));
        var bits = context.Config.QuantizationBits;
        return dtype.Origin == SettingOrigin.Default && dtype.Key.Length > 0 && bits.Entry is { } entry
            && ParentOf(bits.Key) == ParentOf(dtype.Key)
            ? new Fix(
                FixSafety.Unsafe, $"Set {dtype.Key} to {word}",
                context.Edit.InsertAfter(entry, dtype.Key.Substring(dtype.Key.LastIndexOf('.') + 1), wanted))
            : null;
    }

    // A key goes beside its neighbour only where both stand in the same mapping.
    private static string ParentOf(string path) => path.Substring(0, Math.Max(path.LastIndexOf('.'), 0));
}
