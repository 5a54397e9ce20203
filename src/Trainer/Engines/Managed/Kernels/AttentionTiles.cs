using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>
/// <see cref="Attention"/> by blocks of query rows. A block's scores over all keys it sees lie in a worker's own memory: some rows, never
/// a square. Keys, and values for the backward pass, are turned into panels once for all blocks and heads that use them.
/// </summary>
/// <remarks>Masked scores are set to a value whose exponential is exactly 0, so that sums run over whole vectors.</remarks>
internal static unsafe class AttentionTiles<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private static int Width => Panel<TSimd, TVector>.Width;

    public static void Forward(
        WorkerPool pool, in AttentionShape heads, ReadOnlySpan<int> starts, Matrix q, Matrix k, Matrix v, Matrix output, float* logSumExp)
    {
        var shape = heads;
        var layout = new AttentionLayout(shape, starts, Width);
        var size = shape.HeadSize;
        var keys = new TurnedHeads(pool.SharedScratch(TurnedHeads.Length(layout)), layout);
        keys.Fill(pool, k);
        var stride = ScoreStride(layout.Longest);
        pool.Run(layout.Blocks * shape.Heads, (job, worker) =>
        {
            var (index, head) = Math.DivRem(job, shape.Heads);
            var block = layout.Block(index);
            var scores = pool.Scratch(worker, AttentionLayout.BlockRows * (long)stride + (layout.Longest + 1L) * Width);
            var copy = scores + AttentionLayout.BlockRows * (long)stride;
            var target = output.Row(block.Row) + head * size;
            keys.Multiply(block, head / layout.Group, q.Row(block.Row) + head * size, q.Stride, shape.Scale, scores, stride);
            var sums = stackalloc float[AttentionLayout.BlockRows];
            for (var row = 0; row < block.Rows; row++)
            {
                var line = scores + row * (long)stride;
                if (shape.Softcap > 0)
                    Lanes<TSimd, TVector>.Softcap(line, Padded(block.Keys), shape.Softcap);
                Mask(layout, block, row, line);
                var max = Lanes<TSimd, TVector>.Largest(line, Padded(block.Keys));
                sums[row] = Lanes<TSimd, TVector>.ExpAndSum(line, Padded(block.Keys), max);
                logSumExp[(long)(block.Row + row) * shape.Heads + head] = max + MathF.Log(sums[row]);
            }
            MultiplyByHead(
                block.Rows, block.Keys, scores, stride, 1, v, block.FirstKey, head / layout.Group, size, copy, target, output.Stride,
                accumulate: false);
            for (var row = 0; row < block.Rows; row++)
                Lanes<TSimd, TVector>.Scale(target + row * (long)output.Stride, size, 1 / sums[row]);
        });
    }

    public static void Backward(
        WorkerPool pool, in AttentionShape heads, ReadOnlySpan<int> starts, Matrix q, Matrix k, Matrix v, Matrix output, float* logSumExp,
        Matrix dOutput, Matrix dq, Matrix dk, Matrix dv)
    {
        var shape = heads;
        var layout = new AttentionLayout(shape, starts, Width);
        var size = shape.HeadSize;
        var turned = TurnedHeads.Length(layout);
        // A job is a query head of a sequence. Heads that share keys and values sum into memory of their own, which is added up in order.
        var shared = layout.Group > 1;
        var perHead = shared ? (long)layout.Tokens * shape.Heads * size : 0;
        var memory = pool.SharedScratch(2 * turned + 2 * perHead);
        var keys = new TurnedHeads(memory, layout);
        var values = new TurnedHeads(memory + turned, layout);
        keys.Fill(pool, k);
        values.Fill(pool, v);
        var dKeys = shared ? new Matrix(memory + 2 * turned, layout.Tokens, shape.Heads * size) : dk;
        var dValues = shared ? new Matrix(memory + 2 * turned + perHead, layout.Tokens, shape.Heads * size) : dv;
        var stride = ScoreStride(layout.Longest);
        pool.Run(layout.Sequences.Count * shape.Heads, (job, worker) =>
        {
            var (sequence, head) = Math.DivRem(job, shape.Heads);
            var (start, end) = layout.Sequences[sequence];
            var block = AttentionLayout.BlockRows * (long)stride;
            var weights = pool.Scratch(worker, 2 * block + (layout.Longest + 1L) * Width);
            var slopes = weights + block;
            var copy = slopes + block;
            dKeys.SliceRows(start, end - start).SliceColumns(head * size, size).Clear();
            dValues.SliceRows(start, end - start).SliceColumns(head * size, size).Clear();
            for (var row = start; row < end; row += AttentionLayout.BlockRows)
                BackwardBlock(
                    layout, layout.BlockAt(sequence, row), head, keys, values, q, k, output, logSumExp, dOutput, dq, dKeys, dValues,
                    weights, slopes, stride, copy);
        });
        if (shared)
            pool.Run(layout.Tokens, (row, _) =>
            {
                AddHeads(layout, dKeys.Row(row), dk.Row(row));
                AddHeads(layout, dValues.Row(row), dv.Row(row));
            });
    }

    private static void BackwardBlock(
        AttentionLayout layout, QueryBlock block, int head, TurnedHeads keys, TurnedHeads values, Matrix q, Matrix k, Matrix output,
        float* logSumExp, Matrix dOutput, Matrix dq, Matrix dKeys, Matrix dValues, float* weights, float* slopes, int stride, float* copy)
    {
        var shape = layout.Shape;
        var size = shape.HeadSize;
        var keyHead = head / layout.Group;
        var column = head * size;
        // Scores into weights, and dO·v into slopes.
        keys.Multiply(block, keyHead, q.Row(block.Row) + column, q.Stride, shape.Scale, weights, stride);
        values.Multiply(block, keyHead, dOutput.Row(block.Row) + column, dOutput.Stride, 1, slopes, stride);
        for (var row = 0; row < block.Rows; row++)
        {
            var token = block.Row + row;
            var line = weights + row * (long)stride;
            var correction = Lanes<TSimd, TVector>.Dot(dOutput.Row(token) + column, output.Row(token) + column, size);
            if (shape.Softcap > 0)
                Lanes<TSimd, TVector>.Softcap(line, Padded(block.Keys), shape.Softcap);
            Mask(layout, block, row, line);
            ToWeightsAndSlopes(
                line, slopes + row * (long)stride, Padded(block.Keys), logSumExp[(long)token * shape.Heads + head], correction, shape);
        }
        MultiplyByHead(
            block.Rows, block.Keys, slopes, stride, 1, k, block.FirstKey, keyHead, size, copy,
            dq.Row(block.Row) + column, dq.Stride, accumulate: false);
        MultiplyByHead(
            block.Keys, block.Rows, slopes, 1, stride, q, block.Row, head, size, copy,
            dKeys.Row(block.FirstKey) + column, dKeys.Stride, accumulate: true);
        MultiplyByHead(
            block.Keys, block.Rows, weights, 1, stride, dOutput, block.Row, head, size, copy,
            dValues.Row(block.FirstKey) + column, dValues.Stride, accumulate: true);
    }

    /// <summary>c = a b, or c += a b, where b is <paramref name="depth"/> rows of a head.</summary>
    private static void MultiplyByHead(
        int rows, int depth, float* a, nint aRow, nint aDepth, Matrix b, int firstRow, int head, int size, float* copy, float* c, nint cRow,
        bool accumulate)
    {
        for (var column = 0; column < size; column += Width)
        {
            var columns = Math.Min(Width, size - column);
            var panel = Panel<TSimd, TVector>.InPlaceOrPacked(
                depth, columns, b.Row(firstRow) + head * size + column, b.Stride, copy, out var panelRow);
            Panel<TSimd, TVector>.Multiply(rows, columns, depth, a, aRow, aDepth, panel, panelRow, c + column, cRow, 1, accumulate);
        }
    }

    /// <summary>Sets what a query does not see, and what pads the row to whole vectors, to minus infinity.</summary>
    private static void Mask(AttentionLayout layout, QueryBlock block, int row, float* scores)
    {
        var query = block.Row + row;
        var before = layout.FirstKey(block.Start, query) - block.FirstKey;
        var seen = query + 1 - block.FirstKey;
        new Span<float>(scores, before).Fill(float.NegativeInfinity);
        new Span<float>(scores + seen, Padded(block.Keys) - seen).Fill(float.NegativeInfinity);
    }

    /// <summary>Scores s become p = exp(s - L); dp becomes Scale p (dp - D), times the slope of the softcap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToWeightsAndSlopes(
        float* scores, float* slopes, int length, float logSumExp, float correction, in AttentionShape shape)
    {
        var offset = TSimd.Broadcast(logSumExp);
        var mean = TSimd.Broadcast(correction);
        var scale = TSimd.Broadcast(shape.Scale);
        var one = TSimd.Broadcast(1);
        var hasCap = shape.Softcap > 0;
        var inverseCap = TSimd.Broadcast(hasCap ? 1 / shape.Softcap : 0);
        var lowest = TSimd.Broadcast(-shape.Softcap);
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var score = TSimd.Load(scores + i);
            var weight = Lanes<TSimd, TVector>.Exp(TSimd.Subtract(score, offset));
            var slope = TSimd.Multiply(TSimd.Multiply(weight, scale), TSimd.Subtract(TSimd.Load(slopes + i), mean));
            if (hasCap)
            {
                // A masked score is minus infinity: its weight is 0, and 0 times the slope of -c stays 0.
                var tanh = TSimd.Multiply(TSimd.Max(score, lowest), inverseCap);
                slope = TSimd.Multiply(slope, TSimd.Subtract(one, TSimd.Multiply(tanh, tanh)));
            }
            TSimd.Store(weight, scores + i);
            TSimd.Store(slope, slopes + i);
        }
    }

    private static void AddHeads(AttentionLayout layout, float* perHead, float* target)
    {
        var size = layout.Shape.HeadSize;
        for (var keyHead = 0; keyHead < layout.Shape.KeyValueHeads; keyHead++)
        {
            var first = perHead + keyHead * layout.Group * size;
            new ReadOnlySpan<float>(first, size).CopyTo(new Span<float>(target + keyHead * size, size));
            for (var head = 1; head < layout.Group; head++)
                Lanes<TSimd, TVector>.Add(target + keyHead * size, first + head * size, size, 1);
        }
    }

    private static int Padded(int columns) => Panel<TSimd, TVector>.Padded(columns);

    /// <summary>Room for a row of scores. One vector more than needed: rows a power of two apart would share few cache lines.</summary>
    private static int ScoreStride(int longest) => Padded(longest) + TSimd.Width;

    /// <summary>
    /// Keys or values turned: for each sequence, panel of tokens and head a block of shape (HeadSize, panel). The last panel of a
    /// sequence may not be full, so that each sequence shifts those behind it by a panel.
    /// </summary>
    private sealed class TurnedHeads(float* memory, AttentionLayout layout)
    {
        /// <summary>Values needed.</summary>
        public static long Length(AttentionLayout layout) =>
            ((long)layout.Tokens + layout.Sequences.Count * (long)Width) * layout.Shape.KeyValueHeads * layout.Shape.HeadSize;

        public void Fill(WorkerPool pool, Matrix source)
        {
            var size = layout.Shape.HeadSize;
            pool.Run(layout.Sequences.Count * layout.Shape.KeyValueHeads, (job, _) =>
            {
                var (sequence, head) = Math.DivRem(job, layout.Shape.KeyValueHeads);
                var (start, end) = layout.Sequences[sequence];
                for (var token = start; token < end; token += Width)
                    Panel<TSimd, TVector>.PackTransposed(
                        size, Math.Min(Width, end - token), source.Row(token) + head * size, source.Stride,
                        PanelOf(sequence, token, head));
            });
        }

        /// <summary>Products of a block's rows with all keys it sees, from its first on.</summary>
        /// <param name="block">The block.</param>
        /// <param name="head">The key head.</param>
        /// <param name="rows">The first of the block's rows.</param>
        /// <param name="rowStride">Values from one to the next.</param>
        /// <param name="scale">What products are multiplied by.</param>
        /// <param name="scores">Where they go, a row for each row.</param>
        /// <param name="stride">Values from one of them to the next.</param>
        public void Multiply(QueryBlock block, int head, float* rows, nint rowStride, float scale, float* scores, nint stride)
        {
            for (var key = block.FirstKey; key < block.EndKey; key += Width)
                Panel<TSimd, TVector>.Multiply(
                    block.Rows, Math.Min(Width, block.EndKey - key), layout.Shape.HeadSize, rows, rowStride, 1,
                    PanelOf(block.Sequence, key, head), Width, scores + (key - block.FirstKey), stride, scale, false);
        }

        private float* PanelOf(int sequence, int token, int head) =>
            memory + ((token + (long)sequence * Width) * layout.Shape.KeyValueHeads + head * Width) * layout.Shape.HeadSize;
    }
}
