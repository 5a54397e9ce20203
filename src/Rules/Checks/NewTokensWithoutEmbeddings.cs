using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Tokens are added, and what they mean is not trained.</summary>
public sealed class NewTokensWithoutEmbeddings : Rule
{
    // get_linear_embedding_layers of axolotl: by architecture.
    private static readonly string[][] s_pairs =
        [["embed_tokens", "lm_head"], ["embed_in", "embed_out"], ["word_embeddings", "lm_head"]];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL409",
        Name = "new-tokens-without-embeddings",
        Category = Category.Correctness,
        Summary = "Tokens are added to the vocabulary, but embedding and head are not trained.",
        Why = "The rows of new tokens start as noise or a mean and stay so, because an adapter trains other modules; the model can neither "
            + "read nor write them.",
        Sources =
        [
            new(Upstream.Axolotl, "src/axolotl/loaders/utils.py:122-137: stops"),
            new(Upstream.LlamaFactory, "src/llamafactory/hparams/parser.py:552-561: a warning"),
        ],
        Formats = ["axolotl", "llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Format.Name == "axolotl")
            CheckAxolotl(context);
        else
            CheckLlamaFactory(context);
    }

    private static void CheckAxolotl(CheckContext context)
    {
        var saved = context.Config.ModulesToSave;
        if (context.Read.Find("tokens") is not { Value: { IsSequence: true, Items.Count: > 0 } } tokens || !saved.TryGet(out var modules)
            || s_pairs.Any(p => p.All(modules.Contains)))
            return;
        var wanted = s_pairs[0].Concat(modules.Except(s_pairs[0]));
        context.Report(
            tokens,
            "tokens adds rows to the vocabulary, and axolotl stops unless lora_modules_to_save has the embedding and the head "
            + "(embed_tokens and lm_head in most models)",
            new Fix(
                FixSafety.Unsafe,
                "Train embed_tokens and lm_head in full",
                context.Edit.Set(saved, context.Edit.Words(wanted), tokens)),
            related: context.Beside(saved));
    }

    private static void CheckLlamaFactory(CheckContext context)
    {
        var read = context.Read;
        var key = new[] { "add_tokens", "add_special_tokens", "new_special_tokens", "new_special_tokens_config", "resize_vocab" }
            .FirstOrDefault(k => k == "resize_vocab" ? read.IsOn(k) : read.Has(k));
        if (key is null || read.Has("additional_target") || read.Has("quantization_bit") || read.Find(key) is not { } entry)
            return;
        context.Report(
            entry,
            $"{key} makes the vocabulary larger, but the new rows are not trained: LLaMA-Factory trains embeddings beside an adapter only "
            + "when additional_target names them",
            new Fix(
                FixSafety.Unsafe,
                "Train embed_tokens and lm_head in full",
                context.Edit.Set(
                    Setting<string>.Absent("additional_target", read.Find("additional_target")), "embed_tokens,lm_head", entry)),
            Category.Suspicious);
    }
}
