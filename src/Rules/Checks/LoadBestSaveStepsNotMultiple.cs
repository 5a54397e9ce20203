using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The best checkpoint is to be loaded, but some checkpoints are saved without an evaluation at the same step.</summary>
public sealed class LoadBestSaveStepsNotMultiple : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL311",
        Name = "load-best-save-steps-not-multiple",
        Category = Category.Correctness,
        Summary = "The best checkpoint is to be loaded at the end, but the steps to save at are no multiple of the steps to evaluate at.",
        Why = "A checkpoint saved between two evaluations has no score; the trainer refuses to start.",
        Sources = [new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: _validate_args")],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.LoadBestModelAtEnd.Or(false) || config.EvalStrategy.Or("") != "steps" || config.SaveStrategy.Or("") != "steps"
            || !config.EvalSteps.TryGet(out var eval) || !config.SaveSteps.TryGet(out var save) || eval <= 0 || save <= 0
            || IsMultiple(save, eval))
            return;
        var isMixed = save < 1 != eval < 1;
        context.Report(
            config.SaveSteps.Entry is null ? config.EvalSteps : config.SaveSteps,
            $"{config.LoadBestModelAtEnd.Key} needs an evaluation at each checkpoint, but {Shown(config.SaveSteps, save)} "
            + (isMixed ? "and " : "is no multiple of ") + Shown(config.EvalSteps, eval)
            + (isMixed ? " mix a share of all steps with a number of steps, so that cannot be guaranteed" : "")
            + "; the trainer refuses that",
            isMixed || save < 1 ? null : FixOf(context, Math.Ceiling(save / eval) * eval),
            related: context.Beside(config.EvalSteps, config.LoadBestModelAtEnd));
    }

    private static string Shown(Setting<double> steps, double value) => steps.Origin switch
    {
        SettingOrigin.Written => $"{steps.Key} {ConfigEditor.Number(value)}",
        SettingOrigin.Default => $"{steps.Key}'s default of {ConfigEditor.Number(value)}",
        _ => $"{ConfigEditor.Number(value)} (from {steps.Entry?.Key ?? steps.Key})",
    };

    // Shares are compared as the trainer does it: in millionths.
    private static bool IsMultiple(double save, double eval)
    {
        if (save < 1 != eval < 1)
            return false;
        return save >= 1 ? save % eval == 0 : Math.Round(save * 1e6) % Math.Round(eval * 1e6) == 0;
    }

    private static Fix? FixOf(CheckContext context, double wanted)
    {
        var save = context.Config.SaveSteps;
        var value = ConfigEditor.Number(wanted);
        if (save.IsWritten)
            return new Fix(FixSafety.Unsafe, $"Set {save.Key} to {value}", context.Edit.Replace(save.Entry!, value));
        return save.Origin == SettingOrigin.Default && context.Config.EvalSteps is { IsWritten: true, Entry: { } entry } eval
            && ConfigEditor.AreSiblings(save.Key, eval.Key)
            ? new Fix(FixSafety.Unsafe, $"Set {save.Key} to {value}", context.Edit.Set(save, value, behind: entry))
            : null;
    }
}
