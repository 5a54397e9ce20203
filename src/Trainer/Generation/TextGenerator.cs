using LoraLint.Trainer.Data;
using LoraLint.Trainer.Engines.Managed;

namespace LoraLint.Trainer.Generation;

/// <summary>Lets a model go on from a prompt.</summary>
/// <param name="engine">The model with its adapter.</param>
/// <param name="tokenizer">The model's.</param>
/// <param name="stops">Tokens that end the text.</param>
internal sealed class TextGenerator(ManagedEngine engine, ITokenizer tokenizer, IReadOnlySet<int> stops)
{
    /// <summary>Writes a text.</summary>
    /// <param name="prompt">Token ids, 1 or more.</param>
    /// <param name="most">New tokens at most.</param>
    /// <param name="sampler">How they are drawn.</param>
    /// <param name="usesAdapter">Whether the adapter counts.</param>
    public GeneratedText Write(int[] prompt, int most, Sampler sampler, bool usesAdapter)
    {
        engine.AdapterEnabled = usesAdapter;
        using var decoder = engine.CreateDecoder(prompt.Length + most);
        List<int> written = [];
        var logits = decoder.Next(prompt);
        while (true)
        {
            var token = sampler.Draw(logits, written.Count);
            if (stops.Contains(token))
                return new GeneratedText(Text(), written.Count, IsComplete: true);
            written.Add(token);
            if (written.Count == most)
                return new GeneratedText(Text(), written.Count, IsComplete: false);
            logits = decoder.Next(new[] { token });
        }

        string Text() => tokenizer.Decode(written.ToArray(), skipSpecialTokens: true);
    }
}

/// <summary>What a model wrote.</summary>
/// <param name="Text">Without the prompt and without special tokens.</param>
/// <param name="Tokens">Tokens written.</param>
/// <param name="IsComplete">Whether the model ended it; else the limit did.</param>
internal sealed record GeneratedText(string Text, int Tokens, bool IsComplete);
