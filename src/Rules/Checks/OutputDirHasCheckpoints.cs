using System.Globalization;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The folder to write to holds checkpoints of an earlier run, which LLaMA-Factory then goes on from.</summary>
public sealed class OutputDirHasCheckpoints : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL710",
        Name = "output-dir-has-checkpoints",
        Category = Category.Advice,
        Summary = "The output folder holds checkpoints, and the config says neither to resume nor to overwrite.",
        Why = "LLaMA-Factory then goes on from the last checkpoint by itself: with other settings than it was made with, or with nothing "
            + "left to train.",
        Sources = [new(Upstream.LlamaFactory, "src/llamafactory/hparams/parser.py:612-630")],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var read = context.Read;
        var output = config.OutputDir;
        if (!config.TrainsLora || !output.IsWritten || !output.TryGet(out var folder) || !read.IsOn("do_train")
            || read.Has("resume_from_checkpoint") || read.Has("overwrite_output_dir"))
            return;
        var checkpoints = context.Files.FoldersIn(folder).Where(IsCheckpoint).ToList();
        if (checkpoints.Count == 0)
            return;
        var last = checkpoints.OrderBy(c => long.Parse(c.Substring(Prefix.Length), CultureInfo.InvariantCulture)).Last();
        context.Report(
            output,
            $"{folder} holds {last} of an earlier run: LLaMA-Factory goes on from it without being asked; if that is meant, say so with "
            + "resume_from_checkpoint, else write to another folder or set overwrite_output_dir",
            new Fix(
                FixSafety.Unsafe,
                "Start anew: set overwrite_output_dir to true",
                context.Edit.InsertAfter(output.Entry!, "overwrite_output_dir", "true")));
    }

    private const string Prefix = "checkpoint-";

    // As transformers finds them: by a number behind the word.
    private static bool IsCheckpoint(string name) => name.StartsWith(Prefix, StringComparison.Ordinal)
        && name.Length is > 11 and < 29 && name.Skip(Prefix.Length).All(c => c is >= '0' and <= '9');
}
