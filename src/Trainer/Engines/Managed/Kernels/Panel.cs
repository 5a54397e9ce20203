using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// Products with a panel: some columns of the right operand, k-major, so that a row of it fills the vectors of a tile.
/// </summary>
internal static unsafe class Panel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Columns of a full panel: three vectors.</summary>
    public static int Width => 3 * TSimd.Width;

    /// <summary>Columns a panel needs in memory for some columns: whole vectors.</summary>
    public static int Padded(int columns) => (columns + TSimd.Width - 1) / TSimd.Width * TSimd.Width;

    /// <summary>
    /// <c>c = alpha a panel</c>, or <c>c += alpha a panel</c>; strides as in <see cref="Tile{TSimd,TVector,TWidth}"/>. The columns are
    /// those of c, <see cref="Width"/> at most. The panel is readable to the end of its last vector.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(
        int rows, int columns, nint depth, float* a, nint aRow, nint aDepth, float* panel, nint panelRow, float* c, nint cRow,
        float alpha, bool accumulate)
    {
        if (columns % TSimd.Width == 0)
        {
            Rows(columns, rows, depth, a, aRow, aDepth, panel, panelRow, c, cRow, alpha, accumulate);
            return;
        }
        // The last vector reaches beyond c: sum into a tile beside it, and copy what belongs.
        var spare = stackalloc float[8 * 3 * TSimd.Width];
        for (var first = 0; first < rows; first += 8)
        {
            var count = Math.Min(8, rows - first);
            Rows(Padded(columns), count, depth, a + first * aRow, aRow, aDepth, panel, panelRow, spare, Width, 1, false);
            for (var row = 0; row < count; row++)
            {
                var target = c + (first + row) * cRow;
                var source = spare + row * Width;
                for (var column = 0; column < columns; column++)
                    target[column] = accumulate ? MathF.FusedMultiplyAdd(alpha, source[column], target[column]) : alpha * source[column];
            }
        }
    }

    /// <summary>Copies rows of a row-major matrix into a panel, and fills its last vector with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(int depth, int columns, float* source, nint sourceRow, float* panel)
    {
        var whole = columns / TSimd.Width * TSimd.Width;
        var padded = Padded(columns);
        for (var k = 0; k < depth; k++, source += sourceRow, panel += Width)
        {
            for (var i = 0; i < whole; i += TSimd.Width)
                TSimd.Store(TSimd.Load(source + i), panel + i);
            for (var i = whole; i < padded; i++)
                panel[i] = i < columns ? source[i] : 0;
        }
    }

    /// <summary>
    /// Columns of a row-major matrix as a panel: where they lie when they fill whole vectors, else a copy whose last vector is padded,
    /// for which there is memory of shape (depth, <see cref="Width"/>).
    /// </summary>
    public static float* InPlaceOrPacked(int depth, int columns, float* source, nint sourceRow, float* copy, out nint panelRow)
    {
        if (columns % TSimd.Width == 0)
        {
            panelRow = sourceRow;
            return source;
        }
        Pack(depth, columns, source, sourceRow, copy);
        panelRow = Width;
        return copy;
    }

    /// <summary>Copies columns of a row-major matrix of shape (columns, depth) into a panel of shape (depth, columns).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackTransposed(int depth, int columns, float* source, nint sourceRow, float* panel)
    {
        var first = 0;
        for (; first + TSimd.Width <= columns; first += TSimd.Width)
        {
            var rows = source + first * sourceRow;
            var k = 0;
            for (; k + 4 <= depth; k += 4)
                TSimd.TransposeFour(rows + k, sourceRow, panel + (long)k * Width + first, Width);
            for (; k < depth; k++)
                for (var i = 0; i < TSimd.Width; i++)
                    panel[(long)k * Width + first + i] = rows[i * sourceRow + k];
        }
        for (var padded = Padded(columns); first < padded; first++)
            for (var k = 0; k < depth; k++)
                panel[(long)k * Width + first] = first < columns ? source[first * sourceRow + k] : 0;
    }

    private static void Rows(
        int width, int rows, nint depth, float* a, nint aRow, nint aDepth, float* panel, nint panelRow, float* c, nint cRow,
        float alpha, bool accumulate)
    {
        switch (width / TSimd.Width)
        {
            case 1:
                Tile<TSimd, TVector, OneVector>.Rows(rows, depth, a, aRow, aDepth, panel, panelRow, c, cRow, alpha, accumulate);
                break;
            case 2:
                Tile<TSimd, TVector, TwoVectors>.Rows(rows, depth, a, aRow, aDepth, panel, panelRow, c, cRow, alpha, accumulate);
                break;
            case 3:
                Tile<TSimd, TVector, ThreeVectors>.Rows(rows, depth, a, aRow, aDepth, panel, panelRow, c, cRow, alpha, accumulate);
                break;
        }
    }
}
