using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key of rank_pattern matches no module with an adapter.</summary>
public sealed class RankPatternNoMatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL178",
        Name = "rank-pattern-no-match",
        Category = Category.Suspicious,
        Summary = "A key of rank_pattern matches no module that gets an adapter.",
        Why = "PEFT does not say that a key is never used: the modules keep the common rank.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/utils/other.py:1524-1532, src/peft/tuners/lora/model.py:234-236"),
            new("huggingface/peft#3582"),
        ],
        Formats = ["peft", "axolotl", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context) => PatternKeys.Check(context, "rank_pattern", "its rank");
}
