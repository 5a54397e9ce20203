using System.Numerics.Tensors;
using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Keys and values of the tokens of one sequence so far, per layer, and attention of the tokens behind them.</summary>
internal sealed unsafe class KeyValueCache : IDisposable
{
    private readonly NativeBuffer _values;
    private readonly int _width;

    /// <param name="layers">Layers of the model.</param>
    /// <param name="width">Of the keys of a token.</param>
    /// <param name="capacity">Tokens of the sequence at most.</param>
    public KeyValueCache(int layers, int width, int capacity)
    {
        _width = width;
        Capacity = capacity;
        _values = new NativeBuffer(2L * layers * capacity * width, zeroed: false);
    }

    /// <summary>Tokens of the sequence at most.</summary>
    public int Capacity { get; }

    /// <summary>Tokens whose keys and values are kept in all layers.</summary>
    public int Length { get; private set; }

    /// <summary>Keeps the keys and values of the next tokens, and lets these attend to themselves and to all before.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="layer">The layer's index.</param>
    /// <param name="shape">Heads and switches.</param>
    /// <param name="q">Queries of the next tokens, shape (n, heads headSize).</param>
    /// <param name="k">Their keys.</param>
    /// <param name="v">Their values.</param>
    /// <param name="output">Shape (n, heads headSize), overwritten.</param>
    public void Attend(Pass pass, int layer, AttentionShape shape, Matrix q, Matrix k, Matrix v, Matrix output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Length + q.Rows, Capacity, nameof(q));
        var keys = _values.View(Capacity, _width, 2L * layer * Capacity * _width);
        var values = _values.View(Capacity, _width, (2L * layer + 1) * Capacity * _width);
        VectorMath.Copy(pass.Pool, keys.SliceRows(Length, k.Rows), k);
        VectorMath.Copy(pass.Pool, values.SliceRows(Length, v.Rows), v);
        var before = Length;
        pass.Pool.Run(q.Rows * shape.Heads, (job, worker) =>
        {
            var (row, head) = Math.DivRem(job, shape.Heads);
            var last = before + row;
            var first = shape.Window > 0 ? Math.Max(0, last - shape.Window + 1) : 0;
            var keyColumn = head / (shape.Heads / shape.KeyValueHeads) * shape.HeadSize;
            var query = new ReadOnlySpan<float>(q.Row(row) + head * shape.HeadSize, shape.HeadSize);
            var scores = new Span<float>(pass.Pool.Scratch(worker, Capacity), last - first + 1);
            for (var i = 0; i < scores.Length; i++)
            {
                var key = new ReadOnlySpan<float>(keys.Row(first + i) + keyColumn, shape.HeadSize);
                var score = shape.Scale * TensorPrimitives.Dot(query, key);
                scores[i] = shape.Softcap > 0 ? shape.Softcap * MathF.Tanh(score / shape.Softcap) : score;
            }

            TensorPrimitives.SoftMax(scores, scores);
            var target = new Span<float>(output.Row(row) + head * shape.HeadSize, shape.HeadSize);
            target.Clear();
            for (var i = 0; i < scores.Length; i++)
            {
                var value = new ReadOnlySpan<float>(values.Row(first + i) + keyColumn, shape.HeadSize);
                TensorPrimitives.MultiplyAdd(value, scores[i], target, target);
            }
        });
    }

    /// <summary>Counts tokens that all layers have seen.</summary>
    public void Advance(int tokens) => Length += tokens;

    /// <summary>Forgets the tokens from the given one on.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
    }

    /// <inheritdoc/>
    public void Dispose() => _values.Dispose();
}
