using System.Diagnostics;
using System.Globalization;
using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Benchmarks;

/// <summary>
/// The speed of the trainer's kernels in the shapes of SmolLM2-135M: <c>dotnet run -c Release --project bench -- kernels [threads]</c>.
/// Prints the best of many short repetitions: on a machine that does other things too, means tell more about those.
/// </summary>
internal static unsafe class KernelSpeed
{
    private const int Tokens = 1024;
    private const int Hidden = 576;
    private const int Intermediate = 1536;
    private const int Vocabulary = 49152;
    private const int Rank = 16;
    private const int Heads = 9;
    private const int KeyValueHeads = 3;
    private const int HeadSize = 64;

    public static void Run(int threads)
    {
        using var pool = new WorkerPool(threads);
        Console.WriteLine($"{pool.Level}, {threads} thread(s)");
        foreach (var (rows, inputs, outputs) in new[]
        {
            (Tokens, Hidden, Hidden), (Tokens, Hidden, Hidden / 3), (Tokens, Hidden, Intermediate), (Tokens, Intermediate, Hidden),
            (256, Hidden, Intermediate), (OutputHead.ChunkRows(Vocabulary), Hidden, Vocabulary), (1, Hidden, Vocabulary),
        })
            MeasureFrozen(pool, rows, inputs, outputs);
        MeasureHead(pool);
        MeasureLora(pool);
        MeasureAttention(pool, 256);
        MeasureAttention(pool, Tokens);
        MeasureElementwise(pool);
    }

    private static void MeasureFrozen(WorkerPool pool, int rows, int inputs, int outputs)
    {
        using var x = Random((long)rows * inputs);
        using var y = Random((long)rows * outputs);
        // Two bf16 values to a single: the bits of small random numbers.
        using var w = Random(((long)outputs * inputs + 1) / 2);
        var weight = new StoredMatrix(StorageType.BFloat16, (nint)w.Data, outputs, inputs);
        var operations = 2.0 * rows * inputs * outputs;
        Show(
            $"x W^T  {rows} x {inputs} -> {outputs}", operations,
            () => Gemm.MultiplyTransposed(pool, x.View(rows, inputs), weight, y.View(rows, outputs), accumulate: false));
        if (rows > 1)
            Show(
                $"dy W   {rows} x {inputs} <- {outputs}", operations,
                () => Gemm.Multiply(pool, y.View(rows, outputs), weight, x.View(rows, inputs), accumulate: false));
    }

    private static void MeasureHead(WorkerPool pool)
    {
        // The last token of each of four sequences predicts nothing.
        const int Rows = Tokens - 4;
        using var hidden = Random(Rows * Hidden);
        using var gradient = Random(Rows * Hidden);
        using var w = Random(Vocabulary * Hidden / 2);
        var head = new StoredMatrix(StorageType.BFloat16, (nint)w.Data, Vocabulary, Hidden);
        var targets = new int[Rows];
        Show(
            "output head with gradient", 4.0 * Rows * Hidden * Vocabulary,
            () => OutputHead.LossAndGradient(pool, hidden.View(Rows, Hidden), head, targets, 0, 1, gradient.View(Rows, Hidden)));
    }

    private static void MeasureLora(WorkerPool pool)
    {
        using var x = Random(Tokens * Hidden);
        using var y = Random(Tokens * Intermediate);
        using var a = Random(Rank * Hidden);
        using var b = Random(Intermediate * Rank);
        using var inner = Random(Tokens * Rank);
        var input = x.View(Tokens, Hidden);
        var output = y.View(Tokens, Intermediate);
        var down = a.View(Rank, Hidden);
        var up = b.View(Intermediate, Rank);
        var low = inner.View(Tokens, Rank);
        var byDown = 2.0 * Tokens * Hidden * Rank;
        var byUp = 2.0 * Tokens * Intermediate * Rank;
        Show("x A^T", byDown, () => Gemm.Multiply(pool, input, false, down, true, low, 1, false));
        Show("y += xA B^T", byUp, () => Gemm.Multiply(pool, low, false, up, true, output, 1, true));
        Show("dy B", byUp, () => Gemm.Multiply(pool, output, false, up, false, low, 1, false));
        Show("dB = dy^T xA", byUp, () => Gemm.Multiply(pool, output, true, low, false, up, 1, false));
        Show("dA = (dy B)^T x", byDown, () => Gemm.Multiply(pool, low, true, input, false, down, 1, false));
    }

    private static void MeasureAttention(WorkerPool pool, int length)
    {
        var shape = new AttentionShape(Heads, KeyValueHeads, HeadSize, 0.125f, 0, 0);
        int[] starts = [.. Enumerable.Range(0, Tokens / length + 1).Select(i => i * length)];
        var buffers = Enumerable.Range(0, 4).Select(_ => Random(Tokens * Hidden)).ToArray();
        var narrow = Enumerable.Range(0, 4).Select(_ => Random(Tokens * Hidden / 3)).ToArray();
        using var logSumExp = Random(Tokens * Heads);
        Matrix Wide(int i) => buffers[i].View(Tokens, Hidden);
        Matrix Narrow(int i) => narrow[i].View(Tokens, Hidden / 3);
        // The lower triangle of the scores: two products forwards, five backwards.
        var product = (double)Tokens * length / 2 * Hidden * 2;
        Show(
            $"attention, sequences of {length}", 2 * product,
            () => Attention.Forward(pool, shape, starts, Wide(0), Narrow(0), Narrow(1), Wide(1), logSumExp.Data));
        Show(
            $"attention backwards, {length}", 5 * product,
            () => Attention.Backward(
                pool, shape, starts, Wide(0), Narrow(0), Narrow(1), Wide(1), logSumExp.Data, Wide(2), Wide(3), Narrow(2), Narrow(3)));
        foreach (var buffer in buffers.Concat(narrow))
            buffer.Dispose();
    }

    private static void MeasureElementwise(WorkerPool pool)
    {
        const int Rows = 128;
        var buffers = Enumerable.Range(0, 5).Select(_ => Random(Tokens * Intermediate)).ToArray();
        using var weight = Random(Hidden);
        using var logits = Random((long)Rows * Vocabulary);
        var targets = new int[Rows];
        Matrix Wide(int i) => buffers[i].View(Tokens, Intermediate);
        Matrix Narrow(int i) => buffers[i].View(Tokens, Hidden);
        var step = new AdamWStep(1, 1e-3, 0.9, 0.999, 1e-8, 0, 1);
        Show("SiLU gate", Tokens * Intermediate, () => Gates.Forward(pool, Activation.Silu, Wide(0), Wide(1), Wide(2)));
        Show(
            "SiLU gate backwards", Tokens * Intermediate,
            () => Gates.Backward(pool, Activation.Silu, Wide(0), Wide(1), Wide(2), Wide(3), Wide(4)));
        Show(
            "RMSNorm", Tokens * Hidden,
            () => RmsNorm.Forward(pool, Narrow(0), weight.Data, Hidden, 1e-5f, false, Narrow(1), buffers[2].Data));
        Show(
            "RMSNorm backwards", Tokens * Hidden,
            () => RmsNorm.Backward(pool, Narrow(0), weight.Data, Hidden, false, buffers[2].Data, Narrow(1), Narrow(3), true, null));
        Show(
            "cross-entropy with gradient", (double)Rows * Vocabulary,
            () => OutputHead.CrossEntropy(pool, logits.View(Rows, Vocabulary), targets, 0, 1, wantsGradient: true));
        Show(
            "AdamW", Tokens * Intermediate,
            () => AdamW.Update(
                pool, step, buffers[0].Data, buffers[1].Data, buffers[2].Data, buffers[3].Data, Tokens * Intermediate));
        foreach (var buffer in buffers)
            buffer.Dispose();
    }

    private static void Show(string what, double operations, Action kernel)
    {
        kernel();
        var best = double.MaxValue;
        var all = Stopwatch.StartNew();
        for (var i = 0; i < 200 && (i < 3 || all.Elapsed.TotalSeconds < 1); i++)
        {
            var start = Stopwatch.GetTimestamp();
            kernel();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{what,-32} {1e3 * best,9:F3} ms {operations / best / 1e9,8:F1} G/s"));
    }

    private static NativeBuffer Random(long length)
    {
        var buffer = new NativeBuffer(length, zeroed: false);
        var random = new Random(1);
        for (var i = 0L; i < length; i++)
            buffer.Data[i] = (float)(0.02 * (random.NextDouble() - 0.5));
        return buffer;
    }
}
