using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>mlx-lm: a batch needs more rows than the dataset has.</summary>
public sealed class MlxBatchExceedsDataset : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL947",
        Name = "mlx-batch-exceeds-dataset",
        Category = Category.Correctness,
        Summary = "The batch is larger than the training or validation data.",
        Why = "A batch is filled with different rows, and mlx-lm stops when a split has fewer of them than a batch.",
        Sources = [new(Upstream.MlxLm, "mlx_lm/tuner/trainer.py:116-120")],
        Formats = ["mlx-lm"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var batch = context.Config.MicroBatchSize;
        if (context.Read.Has("hf_dataset") || !batch.TryGet(out var size) || !context.Read.Text("data").TryGet(out var folder))
            return;
        foreach (var split in new[] { "train", "valid" })
        {
            var path = folder.TrimEnd('/') + $"/{split}.jsonl";
            if (context.Files.CountRows(path) is not { } rows || rows == 0 || rows >= size)
                continue;
            context.Report(
                batch.IsWritten ? batch.Entry! : context.Read.Find("data")!,
                $"{batch.Key} {ConfigEditor.Number(size)} is more than the {ConfigEditor.Number(rows)} rows of {path}, and mlx-lm stops; "
                + "lower it or add rows",
                batch.IsWritten
                    ? new Fix(
                        FixSafety.Unsafe,
                        $"Set {batch.Key} to {ConfigEditor.Number(rows)}",
                        context.Edit.Replace(batch.Entry!, ConfigEditor.Number(rows)))
                    : null);
        }
    }
}
