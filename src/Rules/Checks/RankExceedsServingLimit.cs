using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The adapter's rank is above what the server is started with.</summary>
public sealed class RankExceedsServingLimit : Rule
{
    private static readonly RuleOption s_most = new(
        "max-lora-rank", 0, "The max-lora-rank that your server is started with; 0 when adapters are not served as they are. vLLM's own "
        + "default is 16, and it takes up to 512.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL704",
        Name = "rank-exceeds-serving-limit",
        Category = Category.Correctness,
        Summary = "The rank is above what the server takes.",
        Why = "A server such as vLLM sets memory aside for adapters up to a rank that is fixed when it starts, and refuses larger ones.",
        Sources =
        [
            new(Upstream.Vllm, "vllm/config/lora.py: max_lora_rank 16, at most 512"),
            new(Upstream.Vllm, "vllm/lora/peft_helper.py: validate_legal"),
        ],
        Options = [s_most],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var most = context.Option(s_most);
        var rank = context.Config.Rank;
        if (most <= 0 || !rank.IsKnown || context.Config.Task == TrainingTask.Diffusion)
            return;
        var highest = rank.Or(0);
        var place = (ISetting)rank;
        if (context.Config.RankPattern.TryGet(out var ranks) && ranks.Count > 0 && ranks.Values.Max() > highest)
            (highest, place) = (ranks.Values.Max(), context.Config.RankPattern);
        if (highest > most)
            context.Report(
                place,
                $"the rank {ConfigEditor.Number(highest)} is above {ConfigEditor.Number(most)}, the max-lora-rank of your server (by "
                + "loralint.yaml), which will refuse the adapter; lower the rank, start the server with more, or merge the adapter",
                place == rank && rank.IsWritten && most >= 1
                    ? new Fix(
                        FixSafety.Unsafe,
                        $"Set {rank.Key} to {ConfigEditor.Number(most)}",
                        context.Edit.Replace(rank.Entry!, ConfigEditor.Number(most)))
                    : null);
    }
}
