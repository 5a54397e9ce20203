using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A policy is trained with a rank that reinforcement learning has no use for.</summary>
public sealed class RankHighForReinforcement : Rule
{
    private static readonly RuleOption s_most = new(
        "max-rank", 32, "A greater rank is mentioned. The upper end of what TRL's guide gives for reinforcement learning.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL111",
        Name = "rank-high-for-reinforcement",
        Category = Category.Advice,
        Summary = "The rank is higher than reinforcement learning needs.",
        Why = "A reward teaches a few bits an episode, so that small ranks hold all of it; a large one costs memory that the generations "
            + "need.",
        Sources =
        [
            new(Upstream.Trl, "docs/source/lora_without_regret.md:310-318: 1 to 32 for RL"),
            new(Upstream.WithoutRegret, "rank 1 suffices for RL"),
        ],
        Options = [s_most],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var rank = context.Config.Rank;
        if (context.Config.Task != TrainingTask.Reinforcement || !rank.IsWritten || !rank.TryGet(out var r) || r <= context.Option(s_most))
            return;
        var most = ConfigEditor.Number(context.Option(s_most));
        context.Report(
            rank,
            $"{rank.Key} {ConfigEditor.Number(r)} is above {most}, the most that TRL's guide gives for reinforcement learning, where "
            + "rank 1 was found to reach what full fine-tuning does; try a smaller one and give the memory to longer or more generations",
            AskedFix.Set(context, rank, context.Option(s_most)));
    }
}
