namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// A weight of shape (out, in) that is not trained. It stays stored as it is, in 16 or 4 bits as a rule; kernels widen one panel at a
/// time into a worker's own memory and use it for all rows of their other operand.
/// </summary>
public abstract unsafe class FrozenMatrix
{
    /// <summary>Shapes are checked.</summary>
    protected FrozenMatrix(int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Output features.</summary>
    public int Rows { get; }

    /// <summary>Input features.</summary>
    public int Columns { get; }

    /// <summary>Copies a block, widened to 32 bits. Called by several workers at once.</summary>
    /// <param name="firstRow">First row of the block.</param>
    /// <param name="rowCount">Its rows.</param>
    /// <param name="firstColumn">First column of the block.</param>
    /// <param name="columnCount">Its columns.</param>
    /// <param name="destination">Where its first value goes.</param>
    /// <param name="stride">Values from a row to the next at the destination.</param>
    public abstract void WidenRows(int firstRow, int rowCount, int firstColumn, int columnCount, float* destination, int stride);

    /// <summary>Copies a row, widened to 32 bits: the embedding of a token.</summary>
    public void WidenRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, Columns);
        fixed (float* first = destination)
            WidenRows(row, 1, 0, Columns, first, Columns);
    }
}
