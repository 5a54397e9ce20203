using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>The rank is zero or negative, or missing where the framework has no default.</summary>
public sealed class RankNotPositive : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL101",
        Name = "rank-not-positive",
        Category = Category.Correctness,
        Summary = "The rank is not positive, or missing where the framework has no default.",
        Why = "An adapter needs at least rank 1; frameworks notice only after the base model has been loaded.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:239-240"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py:53: no default; its schema accepts 0 and -4 (run)"),
            new(Upstream.Guidance, "1.1, 2.19: at least 1"),
        ],
        Guidance = ["1.1", "2.19"],
        Fix = FixSafety.Unsafe,
    };

    // The middle of what the second article of the documented guidance takes for most tasks.
    private const double UsualRank = 16;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var rank = context.Config.Rank;
        if (rank.IsWritten)
        {
            if (rank.TryGet(out var r) && RunLimits.SayRank(rank.Key, r) is { } problem)
                context.Report(rank, problem, AskedFix.Set(context, rank, UsualRank));
        }
        else if (context.Format.Name == "axolotl" && !context.Read.Has("lora_model_dir") && context.Read.Find("adapter") is { } adapter)
        {
            context.Report(
                context.Read.Find("lora_r") ?? adapter,
                $"adapter {adapter.Value.Text} has no lora_r, and axolotl has no default for it: PEFT fails on the missing rank after the "
                + "model has been loaded; write one, 8 or 16 to start with",
                context.Read.Find("lora_r") is { } blank ? AskedFix.Set(context, blank, ConfigEditor.Number(UsualRank))
                    : AskedFix.Insert(context, adapter, "lora_r", ConfigEditor.Number(UsualRank)));
        }
    }
}
