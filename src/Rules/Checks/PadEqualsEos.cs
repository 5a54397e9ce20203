using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Padding is the token that ends texts, and the collator takes padding out of the loss.</summary>
public sealed class PadEqualsEos : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL415",
        Name = "pad-equals-eos",
        Category = Category.Advice,
        Summary = "The padding token is the end-of-text token, and DataCollatorForLanguageModeling masks it out of the loss.",
        Why = "The collator masks labels by the token's id, so the end of a text is masked with it: the model never learns to stop.",
        Sources =
        [
            new("huggingface/transformers", "src/transformers/data/data_collator.py: DataCollatorForLanguageModeling sets labels to -100 "
                + "where they equal pad_token_id"),
            new("huggingface/llm-course#33, unslothai/unsloth#416, unslothai/unsloth#419"),
        ],
        Formats = ["python"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Recognised.Root.Origin is not { } origin || origin.Find(CodeCallKind.Padding) is not { } padding
            || origin.Find(CodeCallKind.Collator) is not { } collator || context.Read.Bool("mlm", true).Or(true)
            || !context.Config.TrainsLora)
            return;
        context.Report(
            padding.Span,
            $"the end-of-text token pads here, and {collator.Name} takes every token with its id out of the loss, the true ends of texts "
            + "too: the model may never stop; pad with another token (one that the tokenizer reserves, or unk), or use a collator that "
            + "masks by length",
            related: [new RelatedPlace(context.Document.Source, collator.Span, "the collator masks labels by the id")]);
    }
}
