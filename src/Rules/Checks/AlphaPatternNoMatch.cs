using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A key of alpha_pattern matches no module with an adapter.</summary>
public sealed class AlphaPatternNoMatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL179",
        Name = "alpha-pattern-no-match",
        Category = Category.Suspicious,
        Summary = "A key of alpha_pattern matches no module that gets an adapter.",
        Why = "PEFT does not say that a key is never used: the modules keep the common alpha.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/utils/other.py:1524-1532, src/peft/tuners/lora/model.py:235"),
            new("huggingface/peft#3582"),
        ],
        Formats = ["peft", "axolotl", "csharp"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context) => PatternKeys.Check(context, "alpha_pattern", "its alpha");
}
