using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The adapter's scaling is alpha over the root of the rank, and what serves it takes alpha over the rank.</summary>
public sealed class RsloraIgnoredByServer : Rule
{
    private static readonly RuleOption s_isPlain = new(
        "serves-alpha-over-rank", 0, "1 when what serves or converts adapters scales them by alpha/r whatever use_rslora says (llama.cpp's "
        + "GGUF adapters, exllamav2 and LoRAX in older versions), 0 when not.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL709",
        Name = "rslora-ignored-by-server",
        Category = Category.Suspicious,
        Summary = "The adapter is scaled by alpha over the root of the rank, and what serves it scales by alpha/r.",
        Why = "The same adapter then acts weaker by the root of its rank: at rank 64, an eighth of what it was trained with.",
        Sources =
        [
            new("ggml-org/llama.cpp#8332", "an adapter's file holds alpha, and the scale is alpha over the rank of its tensors"),
            new("turboderp-org/exllamav2#619, predibase/lorax#299", "support that was added later"),
            new(Upstream.Rslora),
        ],
        Options = [s_isPlain],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (context.Option(s_isPlain) < 1 || !config.UseRslora.IsWritten || !config.UseRslora.Or(false)
            || config.Task == TrainingTask.Diffusion)
            return;
        // Written into alpha the scale is the same everywhere.
        var canWrite = config.Rank.TryGet(out var rank) && rank > 0 && config.Alpha.IsWritten && config.Alpha.TryGet(out var alpha)
            && config.RankPattern.TryGet(out var ranks) && ranks.Count == 0;
        var plain = canWrite ? config.Alpha.Or(0) * Math.Sqrt(rank) : 0;
        canWrite &= plain == Math.Floor(plain);
        context.Report(
            config.UseRslora,
            $"{config.UseRslora.Key} scales by alpha over the root of the rank, and your server (by loralint.yaml) by alpha over the rank; "
            + (plain > 0 ? $"alpha {ConfigEditor.Number(Math.Round(plain, 2))} without {config.UseRslora.Key} is the same scale everywhere"
                : "write the same scale into alpha, alpha times the root of the rank, and switch it off"),
            canWrite ? new Fix(
                FixSafety.Unsafe,
                $"Set {config.Alpha.Key} to {ConfigEditor.Number(plain)} and {config.UseRslora.Key} to false",
                [
                    context.Edit.Replace(config.Alpha.Entry!, ConfigEditor.Number(plain)),
                    context.Edit.Replace(config.UseRslora.Entry!, ConfigEditor.Bool(false)),
                ]) : null,
            related: context.Beside(config.Alpha, config.Rank));
    }
}
