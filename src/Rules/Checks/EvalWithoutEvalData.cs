using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Evaluation is asked for, but there is no data for it.</summary>
public sealed class EvalWithoutEvalData : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL313",
        Name = "eval-without-eval-data",
        Category = Category.Correctness,
        Summary = "Evaluation is switched on without data to evaluate on.",
        Why = "The run stops at its start or, depending on the framework, evaluates nothing without a word.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:345-353"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/core/builders/base.py:514-517"),
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:481-484"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/arguments/sft_args.py:246-247"),
        ],
        Formats = ["axolotl", "llama-factory", "ms-swift"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        switch (context.Format.Name)
        {
            case "axolotl":
                CheckAxolotl(context);
                break;
            case "llama-factory":
                CheckLlamaFactory(context);
                break;
            default:
                CheckMsSwift(context);
                break;
        }
    }

    private static void CheckAxolotl(CheckContext context)
    {
        var read = context.Read;
        var size = context.Config.ValidationSplit;
        if (size.Or(1) != 0 || read.Has("test_datasets"))
            return;
        var strategy = read.Text("eval_strategy");
        var steps = read.Number("eval_steps");
        if (strategy.IsWritten ? !strategy.IsKnown || IsOff(strategy.Or("")) : steps.Or(0) == 0)
            return;
        var asked = strategy.IsWritten ? strategy.Entry! : steps.Entry!;
        context.Report(
            asked,
            size.IsWritten
                ? $"{asked.Key} is set, but val_set_size is 0 and there are no test_datasets: axolotl stops; hold out some rows "
                  + "(val_set_size: 0.05), name test_datasets, or drop the key"
                : $"{asked.Key} has no effect: without val_set_size or test_datasets nothing is held out and nothing is evaluated",
            HoldOut(context, size, "val_set_size", "0.05", asked),
            weaker: size.IsWritten ? null : Category.Suspicious);
    }

    private static Fix? HoldOut(CheckContext context, ISetting size, string key, string share, ConfigEntry? behind) =>
        size.Origin == SettingOrigin.Written ? AskedFix.Set(context, size, share) : AskedFix.Insert(context, behind, key, share);

    private static void CheckLlamaFactory(CheckContext context)
    {
        var read = context.Read;
        var size = context.Config.ValidationSplit;
        // LLaMaTuner, whose files look the same, holds out eval_dataset_size.
        if (size.Or(1) >= 1e-6 || read.HasAny("eval_dataset", "eval_dataset_size"))
            return;
        var strategy = context.Config.EvalStrategy;
        var asked = strategy.IsWritten && strategy.IsKnown && !IsOff(strategy.Or("")) ? strategy.Entry
            : read.Bool("do_eval").Or(false) ? read.Find("do_eval")
            : read.Bool("predict_with_generate").Or(false) ? read.Find("predict_with_generate") : null;
        if (asked is not null)
        {
            context.Report(
                asked,
                $"{asked.Key} asks for an evaluation, but there is neither an eval_dataset nor a val_size above 0, and LLaMA-Factory "
                + "stops; set val_size (0.1 holds out a tenth) or name an eval_dataset",
                HoldOut(context, size, "val_size", "0.1", asked));
        }
    }

    private static void CheckMsSwift(CheckContext context)
    {
        var read = context.Read;
        var strategy = read.Text("eval_strategy");
        if (!strategy.IsWritten || !strategy.IsKnown || IsOff(strategy.Or("")) || context.Config.ValidationSplit.Or(1) > 0
            || read.HasAny("val_dataset", "cached_val_dataset", "eval_dataset"))
            return;
        context.Report(
            strategy,
            "eval_strategy has no effect: without split_dataset_ratio or val_dataset nothing is held out, and ms-swift quietly evaluates "
            + "nothing",
            HoldOut(context, context.Config.ValidationSplit, "split_dataset_ratio", "0.05", strategy.Entry),
            weaker: Category.Suspicious);
    }

    // PyYAML reads a bare `no` as false, which axolotl takes for not set.
    private static bool IsOff(string strategy) => strategy.ToLowerInvariant() is "no" or "false";
}
