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

    /// <summary>Values of the left operand that stay in the last-level cache while all panels use them: 4 MiB.</summary>
    private const long CachedValues = 1 << 20;

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
        Split(pool, x.Rows, x.Columns, w.Rows, (part, worker) =>
        {
            var panel = pool.Scratch(worker, Width * (Depth + Staged));
            var staging = panel + Width * Depth;
            for (var k = 0; k < part.Depth; k += Staged)
            {
                var count = Math.Min(Staged, part.Depth - k);
                w.WidenRows(part.Column, part.Columns, part.Start + k, count, staging, Staged);
                Panel<TSimd, TVector>.PackTransposed(count, part.Columns, staging, Staged, panel + k * Width);
            }
            Panel<TSimd, TVector>.Multiply(
                part.Rows, part.Columns, part.Depth, x.Data + (long)part.Row * x.Stride + part.Start, x.Stride, 1, panel, Width,
                y.Data + (long)part.Row * y.Stride + part.Column, y.Stride, 1, accumulate || part.Start > 0);
        });
    }

    public static void Multiply(WorkerPool pool, Matrix dy, FrozenMatrix w, Matrix dx, bool accumulate) =>
        Split(pool, dy.Rows, dy.Columns, w.Columns, (part, worker) =>
        {
            var panel = pool.Scratch(worker, Width * Depth);
            if (part.Columns % TSimd.Width != 0)
                new Span<float>(panel, part.Depth * Width).Clear();
            w.WidenRows(part.Start, part.Depth, part.Column, part.Columns, panel, Width);
            Panel<TSimd, TVector>.Multiply(
                part.Rows, part.Columns, part.Depth, dy.Data + (long)part.Row * dy.Stride + part.Start, dy.Stride, 1, panel, Width,
                dx.Data + (long)part.Row * dx.Stride + part.Column, dx.Stride, 1, accumulate || part.Start > 0);
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
        Split(pool, c.Rows, total, c.Columns, (part, worker) =>
        {
            var panel = pool.Scratch(worker, Width * Depth);
            nint panelRow = Width;
            var inPlace = transposeB
                ? b.Data + (long)part.Column * b.Stride + part.Start
                : b.Data + (long)part.Start * b.Stride + part.Column;
            if (transposeB)
                Panel<TSimd, TVector>.PackTransposed(part.Depth, part.Columns, inPlace, b.Stride, panel);
            else if (part.Rows > 4 * TSimd.TileRows)
                Panel<TSimd, TVector>.Pack(part.Depth, part.Columns, inPlace, b.Stride, panel);
            else // Few rows use the operand where it lies: copying it would cost as much as the product.
                panel = Panel<TSimd, TVector>.InPlaceOrPacked(part.Depth, part.Columns, inPlace, b.Stride, panel, out panelRow);
            Panel<TSimd, TVector>.Multiply(
                part.Rows, part.Columns, part.Depth, a.Data + part.Row * aRow + part.Start * aDepth, aRow, aDepth, panel, panelRow,
                c.Data + (long)part.Row * c.Stride + part.Column, c.Stride, alpha, accumulate || part.Start > 0);
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

    /// <summary>
    /// Runs a body over panels of columns, over blocks of rows where the panels are too few to keep all workers busy, and over the
    /// parts of the summed index in order. Of a left operand that is too large for the caches, all panels use some columns before any
    /// uses the next ones.
    /// </summary>
    private static void Split(WorkerPool pool, int rows, int total, int columns, Action<Part, int> body)
    {
        const int JobsPerThread = 4;
        var panels = (columns + Width - 1) / Width;
        var blocks = pool.Threads == 1 || panels == 0 ? 1 : (pool.Threads * JobsPerThread + panels - 1) / panels;
        var rowsPerBlock = Math.Max(64, (rows / blocks + 7) / 8 * 8);
        blocks = (rows + rowsPerBlock - 1) / rowsPerBlock;
        var round = (int)Math.Clamp(CachedValues / Depth / Math.Max(rows, 1), 1, int.MaxValue / Depth) * Depth;
        var start = 0;
        do
        {
            var (from, end) = (start, start + Math.Min(round, total - start));
            pool.Run(panels * blocks, (job, worker) =>
            {
                var (panel, block) = Math.DivRem(job, blocks);
                var row = block * rowsPerBlock;
                var column = panel * Width;
                for (var k = from; k == from || k < end; k += Depth)
                {
                    var part = new Part(
                        row, Math.Min(rowsPerBlock, rows - row), column, Math.Min(Width, columns - column), k, Math.Min(Depth, end - k));
                    body(part, worker);
                }
            });
            start = end;
        }
        while (start < total);
    }

    /// <summary>What a job computes at a time.</summary>
    /// <param name="Row">First row of the output.</param>
    /// <param name="Rows">Rows of the output.</param>
    /// <param name="Column">First column of the output.</param>
    /// <param name="Columns">Columns of the output: a panel at most.</param>
    /// <param name="Start">First value of the summed index.</param>
    /// <param name="Depth">Values of the summed index; 0 when there are none at all, and the output becomes 0.</param>
    private readonly record struct Part(int Row, int Rows, int Column, int Columns, int Start, int Depth);
}
