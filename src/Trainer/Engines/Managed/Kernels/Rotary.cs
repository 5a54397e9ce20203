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
    /// <param name="cosines">Per position and pair, shape (positions, half); with the embedding's scale in it.</param>
    /// <param name="sines">Per position and pair, shape (positions, half); with the embedding's scale in it.</param>
    /// <param name="positions">The position of each token, shape (T).</param>
    /// <param name="backward">Whether to turn back, with the same scale: the transpose of the forward map.</param>
    public static void Apply(
        WorkerPool pool, Matrix x, int headSize, Matrix cosines, Matrix sines, ReadOnlySpan<int> positions, bool backward)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(positions.Length, x.Rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(2 * cosines.Columns, headSize, nameof(headSize));
        foreach (var position in positions)
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)position, (uint)cosines.Rows, nameof(positions));
        var half = cosines.Columns;
        var sign = backward ? -1f : 1f;
        var places = positions.ToArray();
        pool.Run(x.Rows, (row, _) =>
        {
            var cosine = cosines.Row(places[row]);
            var sine = sines.Row(places[row]);
            for (var head = x.Row(row); head < x.Row(row) + x.Columns; head += headSize)
                for (var i = 0; i < half; i++)
                {
                    var (a, b, s) = (head[i], head[i + half], sign * sine[i]);
                    head[i] = a * cosine[i] - b * s;
                    head[i + half] = b * cosine[i] + a * s;
                }
        });
    }
}
