using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Cosines and sines of a rotary embedding for the positions seen so far: computed in double, kept in 32 bits.</summary>
internal sealed class RotaryTables(RotaryEmbedding embedding) : IDisposable
{
    private NativeBuffer? _values;
    private int _positions;

    /// <summary>Shape (positions, pairs), with the embedding's scale in it.</summary>
    public Matrix Cosines { get; private set; }

    /// <summary>Shape (positions, pairs), with the embedding's scale in it.</summary>
    public Matrix Sines { get; private set; }

    /// <summary>Makes the tables reach as far as the positions.</summary>
    public void Reach(int positions)
    {
        if (positions <= _positions)
            return;
        var pairs = embedding.InverseFrequencies.Length;
        _positions = Math.Max(positions, 2 * _positions);
        _values?.Dispose();
        _values = new NativeBuffer(2L * _positions * pairs, zeroed: false);
        Cosines = _values.View(_positions, pairs);
        Sines = _values.View(_positions, pairs, (long)_positions * pairs);
        for (var position = 0; position < _positions; position++)
        {
            var cosines = Cosines.RowSpan(position);
            var sines = Sines.RowSpan(position);
            for (var pair = 0; pair < pairs; pair++)
            {
                var angle = position * embedding.InverseFrequencies[pair];
                cosines[pair] = (float)(Math.Cos(angle) * embedding.Scale);
                sines[pair] = (float)(Math.Sin(angle) * embedding.Scale);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _values?.Dispose();
}
