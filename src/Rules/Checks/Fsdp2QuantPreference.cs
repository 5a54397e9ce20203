using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Axolotl: preference training of a quantized base with FSDP 2.</summary>
public sealed class Fsdp2QuantPreference : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL511",
        Name = "fsdp2-quant-preference",
        Category = Category.Correctness,
        Summary = "Preference training with FSDP 2 is combined with a base in 4 or 8 bits.",
        Why = "The reference model of preference training cannot be sharded in few bits by FSDP 2, and axolotl refuses the combination.",
        Sources = [new(Upstream.Axolotl, "src/axolotl/utils/schemas/validation.py:1067-1081")],
        Formats = ["axolotl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var version = read.Number("fsdp_version");
        var bits = new[] { "load_in_4bit", "load_in_8bit" }.FirstOrDefault(read.IsOn);
        if (version.Or(1) != 2 || bits is null || read.Text("rl").Or("") is not ("dpo" or "kto" or "orpo" or "ipo") || !version.IsWritten)
            return;
        context.Report(
            read.Find(bits)!,
            $"{bits} does not go with fsdp_version 2 and rl {read.Text("rl").Or("")}, and axolotl stops; write fsdp_version 1 or use "
            + "DeepSpeed",
            AskedFix.Set(context, version, 1),
            related: context.Beside(version.Entry!, read.Find("rl")!));
    }
}
