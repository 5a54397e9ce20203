using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A base in 8 bits is to be sharded.</summary>
public sealed class Fsdp8bit : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL503",
        Name = "fsdp-8bit",
        Category = Category.Correctness,
        Summary = "A base model in 8 bits is to be sharded over devices.",
        Why = "FSDP cannot flatten bitsandbytes' int8 weights beside others: such runs stop at their start, and only 4 bits are supported.",
        Sources =
        [
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/model/model_utils/quantization.py:195-201"),
            new("bitsandbytes-foundation/bitsandbytes issue 1709", "must flatten tensors with uniform dtype"),
            new("axolotl-ai-cloud/axolotl issue 2250; huggingface/peft issue 2833", "the same through axolotl and PEFT"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var bits = config.QuantizationBits;
        if (bits.Or(16) != 8 || bits.Entry is null || config.QuantizationType.Or("") is not ("int8" or ""))
            return;
        var fsdp = FsdpSettings.SwitchOf(context.Read, configIsEnough: context.Format.Name == "axolotl");
        // The file that training is started with may be what shards.
        var launched = fsdp is null && AccelerateCompanion.Of(context) is { Kind: not null, UsesFsdp1: true } file ? file : null;
        IReadOnlyList<RelatedPlace> related = launched is null ? [] : [launched.Place(launched.Kind!)];
        var where = launched is null ? "" : $" ({launched.PlaceOf(launched.Kind!)})";
        if (context.Format.Name == "llama-factory")
        {
            var how = fsdp is not null || launched is not null ? "FSDP" + where
                : DeepSpeedCompanion.Of(context) is { Stage: 3 } ? "ZeRO stage 3" : null;
            if (how is not null)
            {
                context.Report(
                    bits, $"{bits.Key} 8 does not go with {how}, and LLaMA-Factory stops; quantize to 4 bits, or do not shard",
                    bits.Key == "quantization_bit" ? AskedFix.Set(context, bits, 4) : null,
                    related: related);
            }
        }
        else if (launched is not null || (fsdp is not null && FsdpSettings.VersionOf(context.Read) is not 2))
        {
            context.Report(
                bits,
                $"{bits.Key} with FSDP{where} usually stops with \"must flatten tensors with uniform dtype\", as FSDP 1 cannot mix int8 "
                + "weights with "
                + "others; use 4 bits (QLoRA), 16 bits, or FSDP 2",
                InFourBits(context),
                weaker: Category.Suspicious,
                related: related);
        }
    }

    // axolotl's QLoRA by its two keys; elsewhere the library's own 4-bit type would want further ones.
    private static Fix? InFourBits(CheckContext context) => context.Format.Name == "axolotl"
        && context.Read.Find("adapter") is { Value: { IsAlias: false, Text: "lora" } } adapter && context.Read.Find("load_in_4bit") is null
        && context.Read.Find("load_in_8bit") is { IsMerged: false, Value.IsAlias: false } bits
        ? new Fix(
            FixSafety.Unsafe, "Train with qlora, in 4 bits",
            [context.Edit.Replace(adapter, "qlora"), context.Edit.Rename(bits, "load_in_4bit")]) : null;
}
