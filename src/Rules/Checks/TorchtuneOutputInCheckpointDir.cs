using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>torchtune refuses to write into the folder that it reads the base model from.</summary>
public sealed class TorchtuneOutputInCheckpointDir : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL933",
        Name = "torchtune-output-in-checkpoint-dir",
        Category = Category.Correctness,
        Summary = "The output folder is the base model's folder or lies inside of it.",
        Why = "The checkpointer copies files from the base model's folder to the output and stops rather than make copies of copies.",
        Sources =
        [
            new("meta-pytorch/torchtune@bd2a0fc7 (2026-04-23)", "torchtune/training/checkpointing/_utils.py:625-648"),
            new("meta-pytorch/torchtune@bd2a0fc7 (2026-04-23)", "torchtune/training/checkpointing/_checkpointer.py:182, 456, 1097"),
        ],
        Formats = ["torchtune"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Read.Find("checkpointer.output_dir") is not { } output || Resolve(context, output.Value) is not { } to
            || context.Read.Find("checkpointer.checkpoint_dir") is not { } checkpoint || Resolve(context, checkpoint.Value) is not { } from)
            return;
        // As Python's pathlib compares them: by parts, without looking at the disk.
        var (inner, outer) = (Parts(to), Parts(from));
        if (outer.Count == 0 || to.StartsWith("/", StringComparison.Ordinal) != from.StartsWith("/", StringComparison.Ordinal)
            || inner.Count < outer.Count || !outer.SequenceEqual(inner.Take(outer.Count)))
            return;
        var where = inner.Count == outer.Count ? "is the base model's folder" : "lies inside of the base model's folder";
        context.Report(
            output,
            $"the output folder {to} {where} {from}: torchtune stops rather than mix them; write to a folder beside it",
            AskedFix.Set(context, output, context.Edit.Word(from.TrimEnd('/') + "-lora")));
    }

    private static List<string> Parts(string path) => [.. path.Split('/').Where(p => p.Length > 0 && p != ".")];

    // ${name} stands for a key of the file; whatever else is filled in is not known.
    private static string? Resolve(CheckContext context, ConfigNode node)
    {
        var text = node.Text;
        for (var depth = 0; depth < 4; depth++)
        {
            var start = text.IndexOf("${", StringComparison.Ordinal);
            if (start < 0)
                return text.Length == 0 || !node.IsScalar ? null : text;
            var end = text.IndexOf('}', start);
            if (end < 0 || context.Read.Find(text.Substring(start + 2, end - start - 2)) is not { Value: { IsScalar: true } value })
                return null;
            text = text.Substring(0, start) + value.Text + text.Substring(end + 1);
        }

        return null;
    }
}
