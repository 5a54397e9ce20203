using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The model keeps keys and values for generation while gradients are checkpointed.</summary>
public sealed class UseCacheWithCheckpointing : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL225",
        Name = "use-cache-with-checkpointing",
        Category = Category.Advice,
        Summary = "The cache of keys and values is switched on beside gradient checkpointing.",
        Why = "The cache is for generation: recomputed layers cannot fill it, so transformers warns and trains without it.",
        Sources =
        [
            new("huggingface/transformers", "src/transformers/models/llama/modeling_llama.py (v4): use_cache is incompatible with gradient "
                + "checkpointing and is switched off"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var cache = context.Read.Bool("use_cache");
        if (!cache.IsWritten || !cache.Or(false) || !context.Config.GradientCheckpointing.Or(false))
            return;
        context.Report(
            cache,
            "use_cache=True does nothing in training with gradient checkpointing but a warning: transformers switches it off; load the "
            + "model without it",
            new Fix(FixSafety.Safe, "Set use_cache to False", context.Edit.Replace(cache.Entry!, ConfigEditor.Bool(false))),
            related: context.Beside(context.Config.GradientCheckpointing));
    }
}
