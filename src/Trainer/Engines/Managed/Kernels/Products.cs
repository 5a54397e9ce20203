namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// How <see cref="Gemm"/> splits a product into jobs. A job owns a panel of output columns for some rows of the output. It brings the
/// panel of the right operand into the worker's own memory, a part of the summed index at a time, and multiplies all of its rows with
/// it. The split decides who computes a value but not how: a value is the sum of the parts in order, each summed in order.
/// </summary>
internal static unsafe class Products<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Length of a part of the summed index: a panel of this depth stays in the second-level cache.</summary>
    private const int Depth = 768;

    /// <summary>Rows of a stored weight that are turned at once: they stay in the first-level cache.</summary>
    private const int Staged = 64;

    /// <summary>Rows of the left operand below which widening a panel costs more than reading the weights once a row.</summary>
    private const int FewRows = 4;

    /// <summary>Columns up to which a^T b is computed as the transpose of b^T a.</summary>
    private const int NarrowColumns = 64;

    private static int Width => Panel<TSimd, TVector>.Width;

    public static void MultiplyTransposed(WorkerPool pool, Matrix x, FrozenMatrix w, Matrix y, bool accumulate)
    {
        if (x.Rows <= FewRows)
        {
            MultiplyFewRows(pool, x, w, y, accumulate);
            return;
        }
        Split(pool, x.Rows, w.Rows, (rowStart, rows, columnStart, columns, worker) =>
        {
            var panel = pool.Scratch(worker, Width * (Depth + Staged));
            var staging = panel + Width * Depth;
            for (var k = 0; k == 0 || k < x.Columns; k += Depth)
            {
                var depth = Math.Min(Depth, x.Columns - k);
                for (var part = 0; part < depth; part += Staged)
                {
                    var count = Math.Min(Staged, depth - part);
                    w.WidenRows(columnStart, columns, k + part, count, staging, Staged);
                    Panel<TSimd, TVector>.PackTransposed(count, columns, staging, Staged, panel + part * Width);
                }
                Panel<TSimd, TVector>.Multiply(
                    rows, columns, depth, x.Data + (long)rowStart * x.Stride + k, x.Stride, 1, panel, Width,
                    y.Data + (long)rowStart * y.Stride + columnStart, y.Stride, 1, accumulate || k > 0);
            }
        });
    }

    public static void Multiply(WorkerPool pool, Matrix dy, FrozenMatrix w, Matrix dx, bool accumulate) =>
        Split(pool, dy.Rows, w.Columns, (rowStart, rows, columnStart, columns, worker) =>
        {
            var panel = pool.Scratch(worker, Width * Depth);
            for (var k = 0; k == 0 || k < dy.Columns; k += Depth)
            {
                var depth = Math.Min(Depth, dy.Columns - k);
                if (columns % TSimd.Width != 0)
                    new Span<float>(panel, depth * Width).Clear();
                w.WidenRows(k, depth, columnStart, columns, panel, Width);
                Panel<TSimd, TVector>.Multiply(
                    rows, columns, depth, dy.Data + (long)rowStart * dy.Stride + k, dy.Stride, 1, panel, Width,
                    dx.Data + (long)rowStart * dx.Stride + columnStart, dx.Stride, 1, accumulate || k > 0);
            }
        });

    /// <summary>op(a) has value (r, k) at <c>a.Data[r * aRow + k * aDepth]</c>.</summary>
    public static void Multiply(
        WorkerPool pool, Matrix a, bool transposeA, Matrix b, bool transposeB, Matrix c, float alpha, bool accumulate)
    {
        if (transposeA && !transposeB && c.Columns < c.Rows && c.Columns <= NarrowColumns)
        {
            MultiplyNarrow(pool, a, b, c, alpha, accumulate);
            return;
        }
        var total = transposeA ? a.Rows : a.Columns;
        nint aRow = transposeA ? 1 : a.Stride;
        nint aDepth = transposeA ? a.Stride : 1;
        Split(pool, c.Rows, c.Columns, (rowStart, rows, columnStart, columns, worker) =>
        {
            for (var k = 0; k == 0 || k < total; k += Depth)
            {
                var depth = Math.Min(Depth, total - k);
                var panel = pool.Scratch(worker, Width * Depth);
                nint panelRow = Width;
                if (transposeB)
                    Panel<TSimd, TVector>.PackTransposed(depth, columns, b.Data + (long)columnStart * b.Stride + k, b.Stride, panel);
                else if (rows > 4 * TSimd.TileRows)
                    Panel<TSimd, TVector>.Pack(depth, columns, b.Data + (long)k * b.Stride + columnStart, b.Stride, panel);
                else // Few rows use the operand where it lies: copying it would cost as much as the product.
                    panel = Panel<TSimd, TVector>.InPlaceOrPacked(
                        depth, columns, b.Data + (long)k * b.Stride + columnStart, b.Stride, panel, out panelRow);
                Panel<TSimd, TVector>.Multiply(
                    rows, columns, depth, a.Data + rowStart * aRow + k * aDepth, aRow, aDepth, panel, panelRow,
                    c.Data + (long)rowStart * c.Stride + columnStart, c.Stride, alpha, accumulate || k > 0);
            }
        });
    }

    /// <summary>
    /// <c>a^T b</c> with few columns, the gradient of a LoRA's B: computed as the transpose of <c>b^T a</c>, whose rows fill vectors and
    /// whose right operand lies k-major in memory as it is.
    /// </summary>
    private static void MultiplyNarrow(WorkerPool pool, Matrix a, Matrix b, Matrix c, float alpha, bool accumulate)
    {
        var n = c.Columns;
        pool.Run((c.Rows + Width - 1) / Width, (job, worker) =>
        {
            var start = job * Width;
            var columns = Math.Min(Width, c.Rows - start);
            var turned = pool.Scratch(worker, Width * (Depth + NarrowColumns));
            var copy = turned + Width * NarrowColumns;
            for (var k = 0; k == 0 || k < a.Rows; k += Depth)
            {
                var depth = Math.Min(Depth, a.Rows - k);
                var panel = Panel<TSimd, TVector>.InPlaceOrPacked(
                    depth, columns, a.Data + (long)k * a.Stride + start, a.Stride, copy, out var panelRow);
                Panel<TSimd, TVector>.Multiply(
                    n, columns, depth, b.Data + (long)k * b.Stride, 1, b.Stride, panel, panelRow, turned, Width, 1, accumulate: k > 0);
            }
            for (var row = 0; row < columns; row++)
            {
                var target = c.Row(start + row);
                for (var column = 0; column < n; column++)
                {
                    var value = alpha * turned[column * Width + row];
                    target[column] = accumulate ? target[column] + value : value;
                }
            }
        });
    }

    /// <summary>
    /// One to four rows, as when text is generated token by token: each weight is read from memory once, which is what takes the time.
    /// </summary>
    private static void MultiplyFewRows(WorkerPool pool, Matrix x, FrozenMatrix w, Matrix y, bool accumulate)
    {
        const int Outputs = 32;
        pool.Run((w.Rows + Outputs - 1) / Outputs, (job, worker) =>
        {
            var weights = pool.Scratch(worker, w.Columns);
            for (var output = job * Outputs; output < Math.Min(w.Rows, (job + 1) * Outputs); output++)
            {
                w.WidenRows(output, 1, 0, w.Columns, weights, w.Columns);
                for (var row = 0; row < x.Rows; row++)
                {
                    var sum = Lanes<TSimd, TVector>.Dot(x.Row(row), weights, w.Columns);
                    var target = y.Row(row) + output;
                    *target = accumulate ? *target + sum : sum;
                }
            }
        });
    }

    private delegate void Part(int rowStart, int rows, int columnStart, int columns, int worker);

    /// <summary>Runs a body over panels of columns, and over blocks of rows where the panels are too few to keep all workers busy.</summary>
    private static void Split(WorkerPool pool, int rows, int columns, Part body)
    {
        const int JobsPerThread = 4;
        var panels = (columns + Width - 1) / Width;
        var blocks = pool.Threads == 1 || panels == 0 ? 1 : (pool.Threads * JobsPerThread + panels - 1) / panels;
        var rowsPerBlock = Math.Max(64, (rows / Math.Max(blocks, 1) + 7) / 8 * 8);
        blocks = (rows + rowsPerBlock - 1) / rowsPerBlock;
        pool.Run(panels * blocks, (job, worker) =>
        {
            var (panel, block) = Math.DivRem(job, blocks);
            var rowStart = block * rowsPerBlock;
            var columnStart = panel * Width;
            body(rowStart, Math.Min(rowsPerBlock, rows - rowStart), columnStart, Math.Min(Width, columns - columnStart), worker);
        });
    }
}
