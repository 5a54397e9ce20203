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
}
