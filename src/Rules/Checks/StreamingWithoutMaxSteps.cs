using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Streamed data without a limit in steps.</summary>
public sealed class StreamingWithoutMaxSteps : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL405",
        Name = "streaming-without-max-steps",
        Category = Category.Correctness,
        Summary = "The data is streamed, but no limit in steps is set.",
        Why = "A streamed dataset has no length, so neither the end of training nor the schedule can be computed: the trainer stops.",
        Sources =
        [
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:475-476"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:1368-1377"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/arguments/base_args/data_args.py:46-47"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var streaming = read.FirstOf(k => read.Bool(k), "streaming", "dataset_streaming");
        var steps = context.Config.MaxSteps;
        if (!streaming.Or(false) || (steps.IsWritten && (!steps.IsKnown || steps.Or(0) > 0)))
            return;
        var key = steps.Key.Length > 0 ? steps.Key : "max_steps";
        context.Report(
            streaming,
            $"{streaming.Key} is on, but {key} is {(steps.IsWritten ? "not positive" : "not set")}: a streamed dataset has no length, and "
            + $"{context.Format.Title} stops; set {key} to rows times epochs over the batch size",
            StepsOf(context) is not { } count ? null
            : steps.IsWritten ? AskedFix.Set(context, steps, count)
            : AskedFix.Insert(context, streaming.Entry, key, ConfigEditor.Number(count)));
    }

    // Where the user said how many rows there are.
    private static double? StepsOf(CheckContext context)
    {
        var config = context.Config;
        return context.DatasetRows is > 0 and var rows && config.Epochs.TryGet(out var epochs) && epochs > 0
            && config.MicroBatchSize.TryGet(out var micro) && micro >= 1
            && config.GradientAccumulationSteps.TryGet(out var sums) && sums >= 1
            ? Math.Ceiling(rows * epochs / (micro * sums)) : null;
    }
}
