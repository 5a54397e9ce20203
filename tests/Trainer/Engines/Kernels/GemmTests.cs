using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

public sealed unsafe class GemmTests
{
    private const double Tolerance = 2e-6;
    private static readonly int[] AwkwardSizes = [1, 2, 7, 15, 16, 17, 47, 48, 49, 50, 97];

    public static TheoryData<SimdLevel> Levels => Values.LevelData();

    [Theory]
    [MemberData(nameof(Levels))]
    public void Linear_layers_of_awkward_shapes_match_a_naive_product(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        foreach (var tokens in new[] { 1, 3, 4, 5, 8, 13, 70 })
            foreach (var inputs in AwkwardSizes)
                foreach (var outputs in AwkwardSizes)
                    CheckLinear(pool, tokens, inputs, outputs, StorageType.Float32);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Weights_of_every_storage_type_are_widened_exactly(SimdLevel level)
    {
        using var pool = new WorkerPool(1, level);
        foreach (var type in Enum.GetValues<StorageType>())
            foreach (var tokens in new[] { 2, 9 })
                CheckLinear(pool, tokens, 83, 61, type);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Long_sums_are_split_into_parts_without_loss(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        CheckLinear(pool, 11, 1601, 50, StorageType.BFloat16);
        CheckLinear(pool, 11, 50, 1601, StorageType.BFloat16);
        // So many rows that the panels go through the left operand in several rounds.
        CheckLinear(pool, 1400, 800, 5, StorageType.Float32);
        CheckLinear(pool, 1400, 5, 800, StorageType.Float32);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Products_of_all_four_orientations_match_a_naive_product(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        int[][] shapes =
        [
            [1, 1, 1], [1, 60, 50], [70, 60, 1], [70, 61, 2], [37, 19, 7], [16, 900, 48], [49, 1, 100], [130, 16, 49], [97, 131, 16],
            [8, 0, 5],
        ];
        foreach (var shape in shapes)
            for (var orientation = 0; orientation < 4; orientation++)
                CheckProduct(pool, shape[0], shape[1], shape[2], (orientation & 1) != 0, (orientation & 2) != 0);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Products_of_every_small_rank_match_a_naive_product(SimdLevel level)
    {
        using var pool = new WorkerPool(2, level);
        for (var rank = 1; rank <= 20; rank++)
        {
            CheckProduct(pool, 33, 65, rank, false, true);
            CheckProduct(pool, 33, rank, 65, false, true);
            CheckProduct(pool, 65, 33, rank, true, false);
            CheckProduct(pool, rank, 33, 65, true, false);
        }
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Results_are_the_same_bits_for_any_number_of_threads(SimdLevel level)
    {
        using var x = new Values(200, 900, 1);
        using var w = new Values(300, 900, 2);
        var weight = new StoredMatrix(StorageType.Float32, (nint)w.Data, 300, 900);
        float[]? expected = null;
        for (var threads = 1; threads <= 3; threads++)
        {
            using var pool = new WorkerPool(threads, level);
            using var y = new Values(200, 300, 3);
            using var dx = new Values(200, 900, 4);
            using var dw = new Values(300, 900, 5);
            using var narrow = new Values(200, 16, 6);
            Gemm.MultiplyTransposed(pool, x.View, weight, y.View, accumulate: true);
            Gemm.Multiply(pool, y.View, weight, dx.View, accumulate: true);
            Gemm.Multiply(pool, y.View, true, x.View, false, dw.View, 0.5f, accumulate: true);
            Gemm.Multiply(pool, x.View, false, w.View.SliceRows(0, 16), true, narrow.View, 0.5f, accumulate: true);
            float[] results = [.. y.ToArray(), .. dx.ToArray(), .. dw.ToArray(), .. narrow.ToArray()];
            expected ??= results;
            Assert.Equal(expected, results);
        }
    }

    [Fact]
    public void Operands_whose_shapes_do_not_fit_are_refused()
    {
        using var pool = new WorkerPool(1);
        using var x = new Values(2, 3, 1);
        using var w = new Values(4, 5, 2);
        using var y = new Values(2, 4, 3);
        var weight = new StoredMatrix(StorageType.Float32, (nint)w.Data, 4, 5);
        Assert.Throws<ArgumentException>(() => Gemm.MultiplyTransposed(pool, x.View, weight, y.View, false));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply(pool, y.View, weight, x.View, false));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply(pool, x.View, false, w.View, false, y.View, 1, false));
    }

    private static void CheckLinear(WorkerPool pool, int tokens, int inputs, int outputs, StorageType type)
    {
        using var x = new Values(tokens, inputs, 1, gap: 3);
        using var w = new Values(outputs, inputs, 2);
        var stored = Store(w, type);
        fixed (byte* data = stored)
        {
            var weight = new StoredMatrix(type, (nint)data, outputs, inputs);
            foreach (var accumulate in new[] { false, true })
            {
                using var y = new Values(tokens, outputs, 3, gap: 5);
                var before = y.ToDouble();
                Gemm.MultiplyTransposed(pool, x.View, weight, y.View, accumulate);
                var product = Values.Product(x.ToDouble(), false, w.ToDouble(), true);
                y.AssertClose(accumulate ? Values.Sum(before, 1, product) : product, Tolerance, $"{tokens} x {inputs} -> {outputs}");

                using var dx = new Values(tokens, inputs, 4, gap: 1);
                before = dx.ToDouble();
                product = Values.Product(y.ToDouble(), false, w.ToDouble(), false);
                Gemm.Multiply(pool, y.View, weight, dx.View, accumulate);
                dx.AssertClose(accumulate ? Values.Sum(before, 1, product) : product, Tolerance, $"{tokens} x {inputs} <- {outputs}");
            }
        }
    }

    private static void CheckProduct(WorkerPool pool, int m, int depth, int n, bool transposeA, bool transposeB)
    {
        using var a = transposeA ? new Values(depth, m, 1, gap: 2) : new Values(m, depth, 1, gap: 2);
        using var b = transposeB ? new Values(n, depth, 2, gap: 1) : new Values(depth, n, 2, gap: 1);
        var product = Values.Product(a.ToDouble(), transposeA, b.ToDouble(), transposeB);
        foreach (var accumulate in new[] { false, true })
        {
            using var c = new Values(m, n, 3, gap: 4);
            var before = Values.Sum(c.ToDouble(), accumulate ? 0 : -1, c.ToDouble());
            Gemm.Multiply(pool, a.View, transposeA, b.View, transposeB, c.View, 0.75f, accumulate);
            c.AssertClose(Values.Sum(before, 0.75, product), Tolerance, $"{m} x {depth} x {n} ({transposeA}, {transposeB})");
        }
    }

    /// <summary>The values in a storage type; <paramref name="values"/> become what is stored.</summary>
    private static byte[] Store(Values values, StorageType type)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        for (var row = 0; row < values.View.Rows; row++)
            foreach (ref var value in values.View.RowSpan(row))
                switch (type)
                {
                    case StorageType.Float32:
                        writer.Write(value);
                        break;
                    case StorageType.BFloat16:
                        var bits = BitConverter.SingleToUInt32Bits(value) >> 16;
                        value = BitConverter.UInt32BitsToSingle(bits << 16);
                        writer.Write((ushort)bits);
                        break;
                    default:
                        var half = (Half)value;
                        value = (float)half;
                        writer.Write(half);
                        break;
                }
        return stream.ToArray();
    }
}
