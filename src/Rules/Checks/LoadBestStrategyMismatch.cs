using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The best checkpoint is to be loaded, but evaluation and saving do not happen together.</summary>
public sealed class LoadBestStrategyMismatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL310",
        Name = "load-best-strategy-mismatch",
        Category = Category.Correctness,
        Summary = "The best checkpoint is to be loaded at the end, but evaluation and saving follow different strategies.",
        Why = "A checkpoint can only be judged when it is saved right after an evaluation; the trainer refuses to start otherwise.",
        Sources =
        [
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: _validate_args"),
            new("axolotl-ai-cloud/axolotl issue 28", "the same failure through axolotl"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.LoadBestModelAtEnd.Or(false) || !config.EvalStrategy.TryGet(out var eval) || !config.SaveStrategy.TryGet(out var save)
            || eval == save || save == "best")
            return;
        var evaluated = eval == "no" ? "nothing is evaluated" : $"evaluation is by {eval}";
        var saved = save == "no" ? "nothing is saved" : $"checkpoints are saved by {save}";
        context.Report(
            config.LoadBestModelAtEnd,
            $"{config.LoadBestModelAtEnd.Key} is on, but {evaluated} while {saved}{Reason(config)}; the trainer refuses that, so let "
            + "both follow the same strategy",
            FixOf(context, eval),
            related: context.Beside(config.EvalStrategy, config.SaveStrategy));
    }

    private static string Reason(TrainingConfig config)
    {
        var reasons = new List<string>();
        foreach (var strategy in new[] { config.EvalStrategy, config.SaveStrategy })
        {
            if (strategy.Origin == SettingOrigin.Default)
                reasons.Add($"{strategy.Key} is not set and its default is {strategy.Or("")}");
            else if (strategy.Origin == SettingOrigin.Derived)
                reasons.Add($"which follows from {strategy.Key}");
        }

        return reasons.Count == 0 ? "" : $" ({string.Join(", ", reasons)})";
    }

    // Saving follows evaluation: how often one evaluates is the more deliberate choice, unless steps to save at were written.
    private static Fix? FixOf(CheckContext context, string eval)
    {
        var save = context.Config.SaveStrategy;
        var switched = context.Config.LoadBestModelAtEnd;
        if (eval == "no" || save.Origin == SettingOrigin.Derived || save.Key.Length == 0
            || (!save.IsWritten && !ConfigEditor.AreSiblings(save.Key, switched.Key)))
            return null;
        var value = context.Edit.Word(eval);
        return new Fix(
            context.Config.SaveSteps.IsWritten ? FixSafety.Unsafe : FixSafety.Safe,
            $"Set {save.Key} to {eval}",
            save.IsWritten
                ? context.Edit.Replace(save.Entry!, value)
                : context.Edit.Set(save, value, behind: switched.Entry!));
    }
}
