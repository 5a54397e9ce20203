using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The scaling is small and nothing makes up for it.</summary>
public sealed class ScaleTooLow : Rule
{
    private static readonly RuleOption s_minScaling = new("min-scaling", 0.25, "A smaller scaling counts as low. No source fixes the "
        + "number.");

    private static readonly RuleOption s_minRate = new(
        "min-learning-rate", 5e-5, "A low scaling is reported only below this learning rate: the lower end for QLoRA in guidance 2.30.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL108",
        Name = "scale-too-low",
        Category = Category.Suspicious,
        Summary = "The scaling of the adapter is very low and the learning rate does not make up for it.",
        Why = "Scaling times learning rate decides how fast the adapter acts; with both low, a run ends before anything was learnt.",
        Sources =
        [
            new("kohya-ss/sd-scripts#98", "alpha 1 at a high rank"),
            new("huggingface/lerobot#3551", "scaling 0.125"),
            new(Upstream.Axolotl, "docs/agents/sft.md:60: 1e-4 to 3e-4 for LoRA"),
            new("Fine at 2e-4: " + Upstream.Trl, "docs/source/lora_without_regret.md:44, 83-84: rank 256 with alpha 16"),
        ],
        Guidance = ["1.12"],
        Options = [s_minScaling, s_minRate],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.Scaling.TryGet(out var scaling) || scaling <= 0 || scaling >= context.Option(s_minScaling)
            || config.Task == TrainingTask.Diffusion || AlphaNotSet.IsLeftBehind(config, out _))
            return;
        var isWritten = config.Alpha.IsWritten || config.Scaling.IsWritten;
        var at = config.Scaling.IsWritten ? config.Scaling : (ISetting)(config.Alpha.IsWritten ? config.Alpha : config.Rank);
        var shown = $"the adapter's output is multiplied by only {ConfigEditor.Number(Math.Round(scaling, 4))}";
        if (!isWritten)
        {
            context.Report(at, $"{shown}, because {config.Alpha.Key} is left to its default; write it, 2r to start with",
                ToTwiceRank(context));
            return;
        }

        // Preference and RL runs, and continued pre-training, have learning rates of their own.
        var isOtherTask = config.Task is TrainingTask.Preference or TrainingTask.Reinforcement or TrainingTask.Reward
            or TrainingTask.Pretraining;
        if (isOtherTask || !config.LearningRate.TryGet(out var rate) || rate <= 0 || rate >= context.Option(s_minRate))
            return;
        context.Report(
            at,
            $"{shown}, and {config.LearningRate.Key} {ConfigEditor.Number(rate)} is below what LoRA usually takes (1e-4 to 5e-4, QLoRA "
            + "from 5e-5): together they barely move the model; raise alpha toward 2r or the learning rate",
            ToTwiceRank(context),
            related: context.Beside(config.Rank, config.LearningRate));
    }

    private static Fix? ToTwiceRank(CheckContext context)
    {
        var config = context.Config;
        if (config.Scaling.IsWritten || config.UseRslora.Or(false) || !config.Rank.IsWritten || !config.Rank.TryGet(out var rank)
            || rank != Math.Floor(rank) || config.Alpha.Key.Length == 0)
            return null;
        if (config.Alpha.IsWritten)
            return AskedFix.Set(context, config.Alpha, 2 * rank);
        return ConfigEditor.AreSiblings(config.Alpha.Key, config.Rank.Key)
            ? AskedFix.Insert(context, config.Rank.Entry, config.Alpha.Key.Split('.').Last(), ConfigEditor.Number(2 * rank)) : null;
    }
}
