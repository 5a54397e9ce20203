using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A 4-bit data type that bitsandbytes does not have.</summary>
public sealed class QuantTypeInvalid : Rule
{
    private static readonly string[] s_bnb = ["nf4", "fp4"];

    private const string Key = "bnb_config_kwargs.bnb_4bit_quant_type";

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL207",
        Name = "quant-type-invalid",
        Category = Category.Correctness,
        Summary = "The data type of the 4-bit base is none that exists.",
        Why = "Bitsandbytes knows nf4 and fp4 in 4 bits and stops at any other word, in some frameworks only after the model was loaded.",
        Sources =
        [
            new("bitsandbytes-foundation/bitsandbytes@95f9af30 (2026-08-19)", "bitsandbytes/functional.py:922"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/loaders/model.py:735-739 (passed on as it is)"),
        ],
        Formats = ["axolotl", "python", "unsloth"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // Elsewhere the key has a set of its own (value-not-in-set); here it stands in a mapping that axolotl hands on unread.
        var type = context.Read.Text(context.Format.Name == "axolotl" ? Key : "bnb_4bit_quant_type");
        if (!type.IsWritten || !type.TryGet(out var name) || s_bnb.Contains(name))
            return;
        // NF4 for nf4 is a slip with one answer; anything else may have meant either.
        var wanted = s_bnb.FirstOrDefault(k => k.Equals(name, StringComparison.OrdinalIgnoreCase));
        context.Report(
            type,
            $"bnb_4bit_quant_type {name} does not exist in bitsandbytes; write nf4 (what QLoRA uses) or fp4",
            wanted is null ? null
                : new Fix(FixSafety.Safe, $"Write {wanted}", context.Edit.Replace(type.Entry!, context.Edit.Word(wanted))));
    }
}
