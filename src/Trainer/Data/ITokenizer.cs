namespace LoraLint.Trainer.Data;

/// <summary>Text to token ids and back, as the model's own tokenizer.json does it.</summary>
public interface ITokenizer
{
    /// <summary>Ids in use, added tokens included: one more than the highest.</summary>
    int VocabularySize { get; }

    /// <summary>The id of <c>bos_token</c>, or null.</summary>
    int? BeginOfSequence { get; }

    /// <summary>The id of <c>eos_token</c>, or null.</summary>
    int? EndOfSequence { get; }

    /// <summary>The id of a token by its exact text, or null.</summary>
    int? Find(string token);

    /// <summary>Token ids of a text.</summary>
    /// <param name="text">The text; added tokens in it are recognised.</param>
    /// <param name="addSpecialTokens">Whether the post-processor adds what it adds, such as the begin of the sequence.</param>
    int[] Encode(string text, bool addSpecialTokens);

    /// <summary>The text of token ids.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether special tokens are left out.</param>
    string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens);
}
