using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Training is to stop early, but what early stopping watches is missing.</summary>
public sealed class EarlyStoppingWithoutEval : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL312",
        Name = "early-stopping-without-eval",
        Category = Category.Correctness,
        Summary = "Early stopping is on, but the evaluations that it watches are missing.",
        Why = "Early stopping counts evaluations without improvement: without them the run crashes at its start or is never stopped.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:1616-1625"),
            new("huggingface/transformers@01081ce2", "src/transformers/trainer_callback.py: EarlyStoppingCallback.on_train_begin"),
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/train/tuner.py:81-82"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/callbacks/early_stop.py: never stops while there is no best metric"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var patience = context.Config.EarlyStoppingPatience;
        if (!patience.IsWritten || patience.Or(0) <= 0)
            return;
        var problem = context.Format.Name == "axolotl" ? AxolotlProblem(context) : TrainerProblem(context);
        if (problem is not null)
            context.Report(
                patience, $"{patience.Key} is set, but {problem}", MultipleOf(context) ?? AskedFix.Remove(context, patience.Entry));
    }

    private static string? AxolotlProblem(CheckContext context)
    {
        var eval = context.Read.Number("eval_steps");
        var save = context.Read.Number("save_steps");
        if ((eval.IsWritten && !eval.IsKnown) || (save.IsWritten && !save.IsKnown))
            return null;
        if (eval.Or(0) == 0 || save.Or(0) == 0)
        {
            return $"{(eval.Or(0) == 0 ? save.Or(0) == 0 ? "eval_steps and save_steps are" : "eval_steps is" : "save_steps is")} not, and "
                + "axolotl stops without both; evals_per_epoch and saves_per_epoch do not count here";
        }

        return save.Or(0) % eval.Or(1) == 0 ? null
            : $"save_steps {ConfigEditor.Number(save.Or(0))} is no multiple of eval_steps {ConfigEditor.Number(eval.Or(0))}, and axolotl "
              + "stops; save only where it is also evaluated";
    }

    // The next multiple, where both numbers are there.
    private static Fix? MultipleOf(CheckContext context)
    {
        var eval = context.Read.Number("eval_steps").Or(0);
        var save = context.Read.Number("save_steps");
        return context.Format.Name == "axolotl" && eval >= 1 && save.Or(0) > 0
            ? AskedFix.Set(context, save, Math.Ceiling(save.Or(0) / eval) * eval) : null;
    }

    private static string? TrainerProblem(CheckContext context)
    {
        var strategy = context.Config.EvalStrategy;
        if (strategy.Or("") == "no" && context.Format is CSharpFormat)
        {
            return (strategy.IsWritten ? $"{strategy.Key} is Never" : "no validation data is named or held out")
                + ", so there is nothing to watch; evaluate, or leave it out";
        }

        if (strategy.Or("") == "no")
            return "nothing is evaluated (eval_strategy is no), so there is nothing to watch; set eval_strategy to steps or epoch";
        var best = context.Config.LoadBestModelAtEnd;
        var isKnown = best.IsKnown && context.Format.Name == "llama-factory";
        return isKnown && !best.Or(true) && !context.Read.Has("metric_for_best_model")
            ? "neither load_best_model_at_end nor metric_for_best_model is, and the callback asserts them; turn load_best_model_at_end on"
            : null;
    }
}
