using System.Globalization;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A token is to be trained that the embedding has no row for.</summary>
public sealed class TrainableTokenOutOfRange : Rule
{
    // What gives an embedding more rows, in axolotl and in scripts: then the table's rows are not those of the base.
    private static readonly string[] s_additions =
        ["tokens", "special_tokens", "added_tokens_overrides", "resize_token_embeddings_to_32x", "chat_template", "tokenizer_config"];

    private static readonly string[] s_scriptAdditions =
        ["resize_token_embeddings", "add_tokens", "add_special_tokens", "setup_chat_format"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL191",
        Name = "trainable-token-out-of-range",
        Category = Category.Correctness,
        Summary = "A trainable token's index is not below the rows of the base model's embedding.",
        Why = "PEFT looks the row up in the embedding when it makes the adapter, and an index behind the last row ends the run.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/trainable_tokens/layer.py:138-150 (rows are taken by index)"),
            new(Upstream.Axolotl, "src/axolotl/loaders/adapter.py: peft_trainable_token_indices is handed to PEFT"),
        ],
        Formats = ["axolotl", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var isAxolotl = context.Format.Name == "axolotl";
        if (context.Read.Find(isAxolotl ? "peft_trainable_token_indices" : "trainable_token_indices") is not { } tokens
            || context.BaseModel.Model is not { Dimensions: { Vocabulary: > 0 } size } model
            || (isAxolotl ? s_additions.Any(context.Read.Has) : AddsTokens(context.Document.Source.Text)))
            return;
        // By layer, the table may be another one than that of the input.
        var lists = !tokens.Value.IsMapping ? [tokens.Value]
            : tokens.Value.Entries.Where(e => !e.IsOverridden && e.Key == "embed_tokens").Select(e => e.Value);
        foreach (var list in lists.Where(l => l.IsSequence))
        {
            var outside = list.Items.Where(i => context.Read.TryNumber(i, out var index) && index >= size.Vocabulary).ToList();
            foreach (var item in outside)
            {
                context.Report(
                    item,
                    $"{KnownModel.Describe(model)} has {size.Vocabulary.ToString(CultureInfo.InvariantCulture)} rows in its embedding, so "
                    + $"the last index is {(size.Vocabulary - 1).ToString(CultureInfo.InvariantCulture)}: PEFT stops at {item.Text}; name "
                    + "the index of a token that is there, or add the token first",
                    outside.Count == list.Items.Count ? null
                        : new Fix(FixSafety.Unsafe, $"Remove {item.Text}", context.Edit.RemoveItem(list, item)));
            }
        }
    }

    private static bool AddsTokens(string script) => s_scriptAdditions.Any(w => script.IndexOf(w, StringComparison.Ordinal) >= 0);
}
