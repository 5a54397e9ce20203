using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// Rotary position embedding. Dimension i below half of the turning dimensions forms a pair with i + half, as Hugging Face's
/// rotate_half pairs them, and the pair is turned by the angle of its position:
/// <code>
/// a' = a cos - b sin        b' = b cos + a sin
/// </code>
/// The backward pass turns gradients back. Dimensions behind the turning ones stay.
/// </summary>
public static unsafe class Rotary
{
    /// <summary>Turns all heads in place.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="x">Queries or keys, or their gradients, shape (T, heads * headSize).</param>
    /// <param name="headSize">Width of a head.</param>
    /// <param name="cosines">Per row and pair, shape (rows, half); with the embedding's scale in it.</param>
    /// <param name="sines">Per row and pair, shape (rows, half); with the embedding's scale in it.</param>
    /// <param name="positions">The row of each token, its position where all tokens have the same angles: shape (T).</param>
    /// <param name="backward">Whether to turn back, with the same scale: the transpose of the forward map.</param>
    public static void Apply(
        WorkerPool pool, Matrix x, int headSize, Matrix cosines, Matrix sines, ReadOnlySpan<int> positions, bool backward)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(positions.Length, x.Rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(2 * cosines.Columns, headSize, nameof(headSize));
        foreach (var position in positions)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)cosines.Rows, nameof(positions));
        ArgumentOutOfRangeException.ThrowIfNotEqual(x.Columns % headSize, 0, nameof(headSize));
        ArgumentOutOfRangeException.ThrowIfNotEqual(sines.Columns, cosines.Columns);
        delegate*<float*, float*, float*, int, float, void> turn = pool.Level switch
        {
            SimdLevel.Avx512 => &RotaryRows<Simd512, Vector512<float>>.Turn,
            SimdLevel.Avx2 => &RotaryRows<Simd256, Vector256<float>>.Turn,
            _ => &RotaryRows<Simd128, Vector128<float>>.Turn,
        };
        var sign = backward ? -1f : 1f;
        var places = positions.ToArray();
        pool.RunRows(x.Rows, row =>
        {
            var cosine = cosines.Row(places[row]);
            var sine = sines.Row(places[row]);
            for (var column = 0; column < x.Columns; column += headSize)
                turn(x.Row(row) + column, cosine, sine, cosines.Columns, sign);
        });
    }
}
