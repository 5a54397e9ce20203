using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory's Unsloth branch builds the adapter without looking at <c>pissa_init</c>.</summary>
public sealed class LfPissaIgnoredWithUnsloth : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL922",
        Name = "lf-pissa-ignored-with-unsloth",
        Category = Category.Suspicious,
        Summary = "The PiSSA start is asked for together with Unsloth, where it is ignored.",
        Why = "The adapter for Unsloth is built before the code that looks at pissa_init, so it starts in the default way.",
        Sources = [new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/model/adapter.py:268-281")],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var pissa = context.Read.Bool("pissa_init", false);
        if (pissa.Or(false) && context.Read.Bool("use_unsloth", false).Or(false))
        {
            context.Report(
                pissa,
                "pissa_init has no effect with use_unsloth: LLaMA-Factory builds Unsloth's adapter without it; turn one of the two off",
                AskedFix.Set(context, pissa, ConfigEditor.Bool(false)));
        }
    }
}
