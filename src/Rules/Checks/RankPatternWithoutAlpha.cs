using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Some modules have another rank and keep the alpha of the rest, so that their scaling is another one.</summary>
public sealed class RankPatternWithoutAlpha : Rule
{
    private static readonly RuleOption s_most = new(
        "max-ratio", 2, "How many times the scaling of a module may differ from the others' before it is mentioned. Our own choice: a "
        + "factor of two is within what is tried for alpha.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL168",
        Name = "rank-pattern-without-alpha",
        Category = Category.Advice,
        Summary = "Some modules have another rank, and alpha does not follow it.",
        Why = "Each module is scaled by alpha over its own rank, so one of four times the rank is trained with a quarter of the others' "
            + "scaling unless alpha_pattern names it too.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/model.py:234-237, layer.py:276-281")],
        Formats = ["peft", "axolotl", "python", CSharpFormat.FormatName],
        Options = [s_most],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.RankPattern.TryGet(out var ranks) || ranks.Count == 0 || !config.AlphaPattern.TryGet(out var alphas)
            || !config.Rank.TryGet(out var rank) || !config.Alpha.TryGet(out var alpha) || rank <= 0 || alpha <= 0
            || !config.UseRslora.IsKnown || config.RankPattern.Entry is not { Value.IsMapping: true } pattern)
            return;
        var key = (context.Format as CSharpFormat)?.KeyOf("alpha_pattern") ?? "alpha_pattern";
        foreach (var entry in pattern.Value.Entries.Where(e => !e.IsOverridden && ranks.ContainsKey(e.Key) && !alphas.ContainsKey(e.Key)))
        {
            var own = ranks[entry.Key];
            var ratio = own <= 0 ? 1 : config.UseRslora.Or(false) ? Math.Sqrt(own / rank) : own / rank;
            if (Math.Max(ratio, 1 / ratio) <= context.Option(s_most))
                continue;
            context.Report(
                entry,
                $"{entry.Key} has rank {ConfigEditor.Number(own)} and the alpha of the rest ({ConfigEditor.Number(alpha)}), so its scaling "
                + $"is {ConfigEditor.Number(Math.Round(1 / ratio, 3))} times theirs; write {ConfigEditor.Number(alpha * own / rank)} for "
                + $"it in {key}, unless that is meant",
                Alpha(context, pattern, entry.Key, alpha * own / rank),
                related: context.Beside(config.Rank, config.Alpha));
        }
    }

    // In the pattern that is there, else in one of its own; names that a mapping takes as they are.
    private static Fix? Alpha(CheckContext context, ConfigEntry ranks, string name, double alpha)
    {
        var key = PatternKeys.KeyOf(context, "alpha_pattern");
        var value = ConfigEditor.Number(alpha);
        if (alpha != Math.Floor(alpha) || !name.All(c => char.IsLetterOrDigit(c) || c is '_' or '.')
            || context.Document.Language == ConfigLanguage.Shell || context.Recognised.Root.Origin is not null)
            return null;
        return context.Read.Find(key) is { Value: { IsMapping: true, Entries.Count: > 0 } } alphas
            && context.Format is not Formats.CSharpFormat && !alphas.Value.IsAlias
            ? new Fix(
                FixSafety.Unsafe, $"Set {name} to {value} in {key}", context.Edit.InsertAfter(alphas.Value.Entries.Last(), name, value))
            : AskedFix.Insert(context, ranks, key, $"{{\"{name}\": {value}}}");
    }
}
