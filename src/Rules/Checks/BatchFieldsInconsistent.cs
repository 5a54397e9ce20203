using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The batch sizes contradict each other.</summary>
public sealed class BatchFieldsInconsistent : Rule
{
    private static readonly string[] s_axolotl = ["micro_batch_size", "gradient_accumulation_steps", "batch_size"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL318",
        Name = "batch-fields-inconsistent",
        Category = Category.Correctness,
        Summary = "Micro batch size, accumulation and total batch size do not fit together.",
        Why = "Each of the three follows from the other two: the run is refused, or takes another batch size than the one written.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:215-226, 274-281"),
            new("Lightning-AI/litgpt@26857050 (2026-06-29)", "litgpt/args.py: gradient_accumulation_iters"),
            new("huggingface/transformers@02348331", "src/transformers/integrations/deepspeed.py: train_batch_size"),
        ],
        Formats = ["axolotl", "litgpt", "llama-factory", "trl", "ms-swift"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Format.Name == "axolotl")
            CheckAxolotl(context);
        if (context.Format.Name == "litgpt")
            CheckLitgpt(context);
        else
            CheckDeepSpeed(context);
    }

    private static void CheckAxolotl(CheckContext context)
    {
        var read = context.Read;
        var written = s_axolotl.Select(k => read.Number(k)).Where(s => s.IsWritten && s.Or(1) != 0).ToList();
        // Nothing at all written: an excerpt rather than a config that somebody starts.
        if (written.Count == 1)
        {
            var missing = written[0].Key == "gradient_accumulation_steps" ? "micro_batch_size" : "gradient_accumulation_steps";
            if (written[0].Key == "batch_size")
                missing = "micro_batch_size";
            context.Report(
                written[0],
                $"{written[0].Key} is the only one of {string.Join(", ", s_axolotl)}, and axolotl wants two of them; add {missing}",
                new Fix(FixSafety.Unsafe, $"Add {missing}: 1", context.Edit.InsertAfter(written[0].Entry!, missing, "1")));
        }
        else if (written.Any(s => s.Key == "batch_size") && written.Any(s => s.Key == "gradient_accumulation_steps"))
        {
            var total = read.Find("batch_size")!;
            context.Report(
                total,
                "batch_size and gradient_accumulation_steps exclude each other, and axolotl stops; keep gradient_accumulation_steps",
                new Fix(FixSafety.Unsafe, "Remove batch_size", context.Edit.Remove(total)));
        }
    }

    private static void CheckLitgpt(CheckContext context)
    {
        var read = context.Read;
        var total = read.Number("train.global_batch_size");
        if (!total.TryGet(out var all) || !read.Number("train.micro_batch_size", 1).TryGet(out var micro) || micro < 1
            || !read.Number("devices", 1).TryGet(out var perNode) || !read.Number("num_nodes", 1).TryGet(out var nodes))
            return;
        var devices = perNode * nodes;
        if (devices < 1)
            return;
        var each = Math.Floor(all / devices);
        if (each < micro)
        {
            context.Report(
                total,
                $"global_batch_size {ConfigEditor.Number(all)} is less than one micro batch on each of "
                + $"{ConfigEditor.Number(devices)} "
                + "device(s), and litgpt stops; raise it, or lower micro_batch_size");
        }
        else if (each % micro != 0 || all % devices != 0)
        {
            context.Report(
                total,
                $"global_batch_size {ConfigEditor.Number(all)} is no multiple of micro_batch_size {ConfigEditor.Number(micro)} times "
                + $"{ConfigEditor.Number(devices)} device(s); litgpt rounds down, so a step sums up "
                + $"{ConfigEditor.Number(Math.Floor(each / micro) * micro * devices)} samples",
                weaker: Category.Suspicious);
        }
    }

    // How many processes there will be is not known, but the total must be a multiple of what one of them takes.
    private static void CheckDeepSpeed(CheckContext context)
    {
        if (DeepSpeedCompanion.Of(context) is not { Read: { } read } deepSpeed || !read.Number("train_batch_size").TryGet(out var total)
            || !context.Config.MicroBatchSize.TryGet(out var micro) || !context.Config.GradientAccumulationSteps.TryGet(out var sums)
            || micro * sums < 1 || total % (micro * sums) == 0)
            return;
        var entry = read.Find("train_batch_size")!;
        context.Report(
            deepSpeed.Entry,
            $"train_batch_size {ConfigEditor.Number(total)} ({deepSpeed.PlaceOf(entry)}) is no multiple of "
            + $"{ConfigEditor.Number(micro * sums)}, what one process takes in a step here ({ConfigEditor.Number(micro)} x "
            + $"{ConfigEditor.Number(sums)}), and transformers stops; write \"auto\" there",
            related:
            [
                .. deepSpeed.RelatedTo(entry, $"train_batch_size is {ConfigEditor.Number(total)} here"),
                .. context.Beside(context.Config.MicroBatchSize, context.Config.GradientAccumulationSteps),
            ]);
    }
}
