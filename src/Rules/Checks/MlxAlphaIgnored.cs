using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>mlx-lm scales by <c>scale</c>, as written; an alpha is not read.</summary>
public sealed class MlxAlphaIgnored : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL940",
        Name = "mlx-alpha-ignored",
        Category = Category.Correctness,
        Tag = FindingTag.Unnecessary,
        Summary = "An alpha stands in lora_parameters, where mlx-lm reads scale instead.",
        Why = "The adapter's output is multiplied by scale, which is alpha/r elsewhere; alpha itself is never read.",
        Sources =
        [
            new("ml-explore/mlx-lm@d78bf58e (2026-08-22)", "mlx_lm/tuner/utils.py, linear_to_lora_layers (rank, scale, dropout, keys)"),
            new("ml-explore/mlx-lm", "issue 1670"),
        ],
        Formats = ["mlx-lm"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Read.Find("lora_parameters") is not { Value: { IsMapping: true } block })
            return;
        var entry = block.Find("alpha") ?? block.Find("lora_alpha");
        if (entry is null || context.Read.IsNull(entry.Value))
            return;
        var written = block.Find("scale");
        if (written is not null && !context.Read.IsNull(written.Value))
        {
            context.Report(
                entry,
                $"{entry.Key} is not read: mlx-lm multiplies by scale ({written.Value.Text}) as it is written; remove {entry.Key}, or set "
                + "scale to alpha/rank",
                new Fix(FixSafety.Unsafe, $"Remove {entry.Key}", context.Edit.Remove(entry)));
            return;
        }

        var wanted = context.Read.TryNumber(entry.Value, out var alpha) && context.Config.Rank.TryGet(out var rank) && rank > 0
            ? ConfigEditor.Number(alpha / rank) : null;
        context.Report(
            entry,
            $"{entry.Key} is not read, and the scale that mlx-lm wants in its place is missing, so the run stops with KeyError: "
            + "'scale'; write "
            + $"scale: {wanted ?? "alpha/rank"}",
            wanted is null ? null : new Fix(
                FixSafety.Unsafe,
                $"Write scale: {wanted}",
                [context.Edit.Rename(entry, "scale"), context.Edit.Replace(entry, wanted)]));
    }
}
