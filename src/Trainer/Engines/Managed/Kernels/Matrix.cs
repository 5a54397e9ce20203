namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// A view of a row-major matrix of 32-bit values in native memory. It owns nothing: whoever made the memory keeps it alive. The value
/// (r, c) lies at <c>Data[r * Stride + c]</c>.
/// </summary>
public readonly unsafe struct Matrix
{
    /// <summary>The first value.</summary>
    public readonly float* Data;

    /// <summary>Number of rows, 0 or more.</summary>
    public readonly int Rows;

    /// <summary>Values in a row, 0 or more.</summary>
    public readonly int Columns;

    /// <summary>Values from the begin of a row to that of the next: <see cref="Columns"/> or more.</summary>
    public readonly int Stride;

    /// <summary>A view of rows that follow each other without gaps.</summary>
    public Matrix(float* data, int rows, int columns) : this(data, rows, columns, columns)
    {
    }

    /// <summary>A view of rows that start <paramref name="stride"/> values apart.</summary>
    public Matrix(float* data, int rows, int columns, int stride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, columns);
        Data = data;
        Rows = rows;
        Columns = columns;
        Stride = stride;
    }

    /// <summary>One value. For tests and small work: kernels use <see cref="Data"/>.</summary>
    public ref float this[int row, int column]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)column, (uint)Columns, nameof(column));
            return ref Row(row)[column];
        }
    }

    /// <summary>Whether the rows follow each other without gaps.</summary>
    public bool IsContiguous => Stride == Columns || Rows <= 1;

    /// <summary>The first value of a row.</summary>
    public float* Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        return Data + (long)row * Stride;
    }

    /// <summary>The values of a row.</summary>
    public Span<float> RowSpan(int row) => new(Row(row), Columns);

    /// <summary>Some of the rows.</summary>
    public Matrix SliceRows(int first, int count)
    {
        CheckSlice(first, count, Rows);
        return new(Data + (long)first * Stride, count, Columns, Stride);
    }

    /// <summary>Some of the columns.</summary>
    public Matrix SliceColumns(int first, int count)
    {
        CheckSlice(first, count, Columns);
        return new(Data + first, Rows, count, Stride);
    }

    /// <summary>Sets all values to zero.</summary>
    public void Clear()
    {
        for (var row = 0; row < Rows; row++)
            RowSpan(row).Clear();
    }

    private static void CheckSlice(int first, int count, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, limit - first);
    }
}
