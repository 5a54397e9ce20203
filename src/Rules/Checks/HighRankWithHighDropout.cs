using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A very high rank together with a high dropout.</summary>
public sealed class HighRankWithHighDropout : Rule
{
    private static readonly RuleOption s_rank = new("high-rank", 256, "A greater rank counts as very high: guidance 2.53.");
    private static readonly RuleOption s_dropout = new("high-dropout", 0.2, "A greater dropout counts as high: guidance 2.53.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL123",
        Name = "high-rank-with-high-dropout",
        Category = Category.Suspicious,
        Summary = "A very high rank is combined with a high dropout.",
        Why = "The rank buys capacity that the dropout takes away again: memory and time are spent on over-regularizing.",
        Sources = [new(Upstream.Guidance, "2.53: a rank above 256 with a dropout above 0.2 is a red flag")],
        Guidance = ["2.53"],
        Options = [s_rank, s_dropout],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.Rank.TryGet(out var r) || r <= context.Option(s_rank)
            || !config.Dropout.TryGet(out var p) || p <= context.Option(s_dropout) || p >= 1 || config.Task == TrainingTask.Diffusion)
            return;
        context.Report(
            config.Dropout,
            $"rank {ConfigEditor.Number(r)} with {config.Dropout.Key} {ConfigEditor.Number(p)} buys capacity and takes it away again; "
            + "lower the dropout to 0.1 or less, or take a smaller rank",
            AskedFix.Set(context, config.Dropout, 0.1),
            related: context.Beside(config.Rank));
    }

    /// <summary>Whether the two are high by the defaults, so that the dropout alone needs no word.</summary>
    internal static bool Applies(CheckContext context) =>
        context.Config.Rank.Or(0) > s_rank.Default && context.Config.Dropout.Or(0) > s_dropout.Default
        && context.Config.Task != TrainingTask.Diffusion;
}
