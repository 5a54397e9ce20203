using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A rank or alpha pattern is no mapping of names to positive numbers.</summary>
public sealed class RankPatternBadValue : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL159",
        Name = "rank-pattern-bad-value",
        Category = Category.Correctness,
        Summary = "A rank or alpha pattern is no mapping of module names to positive numbers.",
        Why = "Each value replaces the rank or alpha of the modules that match: a rank has to be a positive integer there too.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/model.py:234-237, layer.py:239-240"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py: positive integers in both patterns"),
        ],
        Formats = ["peft", "axolotl", "python", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var isAxolotl = context.Format.Name == "axolotl";
        foreach (var name in (string[])["rank_pattern", "alpha_pattern"])
        {
            var key = PatternKeys.KeyOf(context, name);
            if (!context.Read.Has(key) || context.Read.Find(key) is not { } pattern)
                continue;
            if (!pattern.Value.IsMapping)
            {
                if (!pattern.Value.IsUnknown)
                    context.Report(pattern, $"{key} has to map module names to numbers, such as {{q_proj: 16}}",
                        AskedFix.Remove(context, pattern));
                continue;
            }

            var needsInteger = isAxolotl || name == "rank_pattern";
            foreach (var entry in pattern.Value.Entries.Where(e => !e.IsOverridden && !e.Value.IsUnknown))
            {
                var isGood = context.Read.TryNumber(entry.Value, out var number) && number > 0
                    && (!needsInteger || number == Math.Floor(number));
                if (!isGood)
                {
                    var shown = entry.Value.IsScalar ? "\"" + entry.Value.Text + "\"" : "a list or mapping";
                    context.Report(
                        entry, RunLimits.SayPattern(key, entry.Key, shown, needsInteger),
                        context.Read.TryNumber(entry.Value, out var near) && near >= 0.5
                            ? AskedFix.Set(context, entry, ConfigEditor.Number(Math.Round(near, MidpointRounding.AwayFromZero)))
                            : AskedFix.Remove(context, pattern, entry));
                }
            }
        }
    }
}
