using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Continues one sequence token by token: keys and values of the tokens so far are kept.</summary>
/// <remarks>
/// Where rotary angles depend on the length of the sequence, the one that grows beyond the trained length is computed again from its first
/// token, once: kept keys were turned by other angles (transformers does so for Phi-3). From there on the angles are those of the
/// capacity, so that all keys agree where they would change with each token (dynamic).
/// </remarks>
public sealed class Decoder : IDisposable
{
    /// <summary>Tokens of a prompt that are computed together: bounds the memory.</summary>
    private const int PromptChunk = 128;

    private readonly ManagedEngine _engine;
    private readonly Network _network;
    private readonly Pass _pass;
    private readonly Activations _activations;
    private readonly KeyValueCache _cache;
    private readonly float[] _logits;
    private readonly List<int> _tokens = [];
    private int _angleLength;

    internal Decoder(ManagedEngine engine, Network network, Pass pass, int vocabulary, int capacity)
    {
        (_engine, _network, _pass) = (engine, network, pass);
        _activations = new Activations(network);
        _cache = new KeyValueCache(network.Layers.Count, network.Shape.KeyWidth, capacity);
        _logits = new float[vocabulary];
    }

    /// <summary>Tokens of the sequence at most.</summary>
    public int Capacity => _cache.Capacity;

    /// <summary>Tokens of the sequence so far.</summary>
    public int Length => _cache.Length;

    /// <summary>Appends tokens and computes what follows.</summary>
    /// <param name="tokens">The next tokens: a prompt, or the token that was sampled; 1 or more.</param>
    /// <returns>The logits of the last one, shape (vocabulary): valid until the next call.</returns>
    /// <exception cref="TrainerException">The sequence gets longer than the capacity, or a token is unknown.</exception>
    public unsafe ReadOnlySpan<float> Next(ReadOnlySpan<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length, nameof(tokens));
        if (tokens.Length > Capacity - Length)
            throw new TrainerException($"the sequence gets longer than {Capacity} tokens; ask for fewer");
        TokenBatch.CheckTokens(tokens, _logits.Length);
        var length = Length + tokens.Length;
        var isBeyond = IsBeyond(length);
        _tokens.AddRange(tokens);
        if (isBeyond && Length > 0 && !IsBeyond(Length))
        {
            _cache.Truncate(0);
            tokens = _tokens.ToArray();
        }

        _angleLength = isBeyond ? Capacity : length;
        while (tokens.Length > PromptChunk)
        {
            Append(tokens[..PromptChunk].ToArray());
            tokens = tokens[PromptChunk..];
        }

        Append(tokens.ToArray());
        _activations.Stream[^1].RowSpan(tokens.Length - 1).CopyTo(_activations.Head.Hidden.RowSpan(0));
        fixed (float* logits = _logits)
            _network.Head.ComputeLogits(_pass, _activations.Head, new Matrix(logits, 1, _logits.Length));
        return _logits;
    }

    /// <summary>Forgets the tokens from the given one on.</summary>
    public void Truncate(int length)
    {
        var wasBeyond = IsBeyond(Length);
        _cache.Truncate(length);
        _tokens.RemoveRange(length, _tokens.Count - length);
        if (!wasBeyond || IsBeyond(length) || length == 0)
            return;
        // Back within the trained length, where keys have other angles again.
        _cache.Truncate(0);
        _angleLength = length;
        foreach (var chunk in _tokens.ToArray().Chunk(PromptChunk))
            Append(chunk);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cache.Dispose();
        _activations.Dispose();
    }

    // Whether a sequence of so many tokens has other angles than a single token.
    private bool IsBeyond(int tokens) => _network.Ropes.Any(rope => !rope.HasSameAngles(1, tokens));

    private unsafe void Append(int[] tokens)
    {
        _activations.Arrange(tokens.Length, 1, 0, drops: false, backward: false, recomputes: false);
        _pass.Starts = [0, tokens.Length];
        int[] positions = [.. Enumerable.Range(Length, tokens.Length)];
        _pass.UsesAdapter = _engine.AdapterEnabled;
        _pass.Dropout = Dropout.None;
        _pass.FirstRow = 0;
        _pass.Scratch = _activations.LinearScratch;
        _pass.Cache = _cache;
        foreach (var rope in _network.Ropes)
            rope.Arrange(positions, _pass.Starts, length: _ => _angleLength);
        _network.Embedding.Forward(_pass, tokens, _activations.Stream[0], _activations.EmbeddingReduced);
        _activations.RunLayers(_pass);
        _cache.Advance(tokens.Length);
    }
}
