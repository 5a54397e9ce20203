using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An adapter is to be merged into a quantized base.</summary>
public sealed class MergeIntoQuantized : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL701",
        Name = "merge-into-quantized",
        Category = Category.Correctness,
        Summary = "An adapter is to be merged into a base that is loaded in 4 or 8 bits.",
        Why = "Merged weights would be rounded back to 4 or 8 bits, which loses part of what was learned; axolotl and LLaMA-Factory "
            + "refuse it.",
        Sources =
        [
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/train/tuner.py:182-192"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/peft.py:200-213, cli/merge_lora.py:152-160"),
            new("huggingface/peft@5d602fdb (2026-08-21)", "src/peft/tuners/lora/bnb.py:99-101, 376-378: rounding errors after a merge"),
        ],
        Formats = ["axolotl", "llama-factory"],
        Fix = FixSafety.Safe,
        Guidance = ["2.11"],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Format.Name == "axolotl")
            CheckAxolotl(context);
        else
            CheckLlamaFactory(context);
    }

    private static void CheckAxolotl(CheckContext context)
    {
        var read = context.Read;
        var merge = read.Bool("merge_lora");
        if (!merge.Or(false) || read.Text("adapter").Or("") != "qlora")
            return;
        var quantized = new[] { "load_in_4bit", "load_in_8bit", "gptq" }.FirstOrDefault(read.IsOn);
        if (quantized is null)
            return;
        context.Report(
            merge,
            $"merge_lora does not go with {quantized}: true, and axolotl stops; the command axolotl merge-lora sets both by itself, so "
            + "remove merge_lora here",
            new Fix(FixSafety.Safe, "Remove merge_lora", context.Edit.Remove(merge.Entry!)));
    }

    private static void CheckLlamaFactory(CheckContext context)
    {
        var read = context.Read;
        if (!read.Has("export_dir") || !read.Has("adapter_name_or_path"))
            return;
        var bits = read.Number("quantization_bit");
        var exportBits = read.Number("export_quantization_bit");
        var model = context.Config.BaseModel;
        if (bits.IsWritten)
        {
            context.Report(
                bits,
                "quantization_bit loads the base in few bits, and LLaMA-Factory refuses to merge an adapter into that; remove it, so that "
                + "the base is loaded in 16 bits",
                new Fix(FixSafety.Safe, "Remove quantization_bit", context.Edit.Remove(bits.Entry!)));
        }
        else if (exportBits.IsWritten)
        {
            context.Report(
                exportBits,
                "export_quantization_bit beside adapter_name_or_path is refused: merge and export first, then quantize the merged model "
                + "in a second run");
        }
        else if (context.BaseModel.Model is { Quantization: { } method } quantized)
        {
            context.Report(
                model,
                $"the weights of {quantized.Name} are quantized ({method}, by its config.json), and LLaMA-Factory refuses to merge an "
                + "adapter into them; merge into the 16-bit model that they were made from");
        }
        else if (model.TryGet(out var name) && CheckpointNames.SuggestsQuantized(name))
        {
            context.Report(
                model,
                $"{name} looks quantized by its name, and LLaMA-Factory refuses to merge an adapter into a quantized base; merge into the "
                + "16-bit model that it was made from",
                weaker: Category.Suspicious);
        }
    }
}
