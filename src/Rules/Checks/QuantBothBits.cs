using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The base model is to be loaded in 4 and in 8 bits at once.</summary>
public sealed class QuantBothBits : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL201",
        Name = "quant-both-bits",
        Category = Category.Correctness,
        Summary = "The base model is to be loaded in 4 bits and in 8 bits.",
        Why = "Loaders refuse both at once, or silently take the one that suits the adapter, against what the other key says.",
        Sources =
        [
            new("huggingface/transformers@000e2231", "src/transformers/utils/quantization_config.py: BitsAndBytesConfig.__init__"),
            new("huggingface/trl@f2cd5771 (2026-07-24)", "trl/trainer/model_config.py:175"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/loaders/model.py:712-749, utils/schemas/peft.py:217-219"),
        ],
        Fix = FixSafety.Safe,
        Guidance = ["2.17"],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var four = context.Read.Bool("load_in_4bit");
        var eight = context.Read.Bool("load_in_8bit");
        if (!four.IsWritten || !eight.IsWritten || !four.Or(false) || !eight.Or(false))
            return;
        if (context.Format.Name != "axolotl")
        {
            context.Report(
                eight,
                "load_in_4bit and load_in_8bit are both true, which the loader refuses; keep one: 4 bits takes half the memory of 8",
                TurnOff(context, eight, FixSafety.Unsafe),
                related: context.Beside(four));
            return;
        }

        // Which one counts follows from the adapter: qlora refuses 8 bits, lora takes no notice of 4.
        var isQlora = context.Read.Text("adapter").Or("") == "qlora";
        context.Report(
            eight,
            isQlora
                ? "load_in_8bit is true beside load_in_4bit, and axolotl stops: adapter qlora takes a 4-bit base only; set load_in_8bit to "
                  + "false"
                : "load_in_4bit and load_in_8bit are both true; with this adapter axolotl quantizes to 8 bits at most and ignores "
                  + "load_in_4bit; set it to false, or use adapter: qlora without load_in_8bit",
            TurnOff(context, isQlora ? eight : four, isQlora ? FixSafety.Safe : FixSafety.Unsafe),
            related: context.Beside(four));
    }

    private static Fix TurnOff(CheckContext context, Setting<bool> setting, FixSafety safety) =>
        new(safety, $"Set {setting.Key} to false", context.Edit.Replace(setting.Entry!, ConfigEditor.Bool(false)));
}
