using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines;

/// <summary>
/// The sequences of a micro batch, one behind the other without padding. A token attends to itself and to those before it in its own
/// sequence; positions count from 0 in each. A packed sequence is simply several sequences.
/// </summary>
/// <param name="Tokens">Token ids, shape (T).</param>
/// <param name="Targets">
/// The id that each position shall predict, shape (T); <see cref="Ignored"/> where nothing is learned. Already shifted: the target of a
/// position is the token behind it.
/// </param>
/// <param name="Starts">Where each sequence starts in <paramref name="Tokens"/>, and T at the end: shape (sequences + 1).</param>
public sealed record TokenBatch(int[] Tokens, int[] Targets, int[] Starts)
{
    /// <summary>The target of a position that is not supervised.</summary>
    public const int Ignored = -1;

    /// <summary>Tokens in all.</summary>
    public int Length => Tokens.Length;

    /// <summary>Sequences in it.</summary>
    public int Sequences => Starts.Length - 1;

    /// <summary>Positions with a target.</summary>
    public int Supervised => Targets.AsSpan().Length - Targets.AsSpan().Count(Ignored);

    /// <summary>Refuses what would be read outside of a model's tables.</summary>
    /// <exception cref="ArgumentException">The arrays do not fit together.</exception>
    /// <exception cref="TrainerException">A sequence is longer than the model allows, or a token is not in its vocabulary.</exception>
    internal void Check(ModelConfig model)
    {
        if (Targets.Length != Length || Starts.Length < 2 || Starts[0] != 0 || Starts[^1] != Length)
            throw new ArgumentException("tokens, targets and starts of the batch do not fit together");
        for (var i = 0; i < Sequences; i++)
        {
            var length = Starts[i + 1] - Starts[i];
            if (length < 1)
                throw new ArgumentException("a sequence of the batch is empty");
            if (length > model.MaxPositions)
                throw new TrainerException(
                    $"a sequence has {length} tokens, but the model handles {model.MaxPositions} at most; lower the sequence length");
        }

        CheckTokens(Tokens, model.VocabularySize);
        CheckTokens([.. Targets.Where(target => target != Ignored)], model.VocabularySize);
    }

    /// <summary>Refuses tokens outside of a vocabulary.</summary>
    internal static void CheckTokens(ReadOnlySpan<int> tokens, int vocabulary)
    {
        foreach (var token in tokens)
        {
            if ((uint)token >= (uint)vocabulary)
                throw new TrainerException(
                    $"the token {token} is outside of the model's vocabulary of {vocabulary}; take this model's tokenizer");
        }
    }
}
