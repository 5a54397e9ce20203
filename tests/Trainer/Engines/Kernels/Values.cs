using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Tests.Trainer.Engines.Kernels;

/// <summary>Random matrices that lie inside of larger memory, whose rest must not change, and comparison in double precision.</summary>
internal sealed unsafe class Values : IDisposable
{
    private const float Guard = 12345.5f;
    private readonly NativeBuffer _buffer;

    /// <summary>Values from -1 to 1, drawn by the seed; rows are <paramref name="gap"/> values apart.</summary>
    public Values(int rows, int columns, int seed, int gap = 0)
    {
        _buffer = new NativeBuffer((long)rows * (columns + gap) + 2 * NativeBuffer.Alignment);
        new Span<float>(_buffer.Data, (int)_buffer.Length).Fill(Guard);
        // Not at the begin of the memory: kernels may not rely on alignment.
        View = new Matrix(_buffer.Data + 3, rows, columns, columns + gap);
        var random = new Random(seed);
        for (var row = 0; row < rows; row++)
            foreach (ref var value in View.RowSpan(row))
                value = (float)(2 * random.NextDouble() - 1);
    }

    public Matrix View { get; }

    public float* Data => View.Data;

    public double[,] ToDouble()
    {
        var copy = new double[View.Rows, View.Columns];
        for (var row = 0; row < View.Rows; row++)
            for (var column = 0; column < View.Columns; column++)
                copy[row, column] = View[row, column];
        return copy;
    }

    public float[] ToArray() => [.. Enumerable.Range(0, View.Rows).SelectMany(row => View.RowSpan(row).ToArray())];

    /// <summary>Fails when anything around the matrix was written to.</summary>
    public void AssertNothingAroundChanged()
    {
        var first = (int)(View.Data - _buffer.Data);
        for (var i = 0; i < _buffer.Length; i++)
        {
            var place = i - first;
            var inside = place >= 0 && place < (long)View.Rows * View.Stride && place % View.Stride < View.Columns;
            if (!inside)
                Assert.True(_buffer.Data[i] == Guard, $"value {place} around a matrix of {View.Rows} x {View.Columns} was written to");
        }
    }

    /// <summary>Fails when values differ by more than a share of the greatest expected one, or of 1 where all are smaller.</summary>
    public void AssertClose(double[,] expected, double tolerance, string what)
    {
        AssertNothingAroundChanged();
        var greatest = 1.0;
        foreach (var value in expected)
            greatest = Math.Max(greatest, Math.Abs(value));
        for (var row = 0; row < View.Rows; row++)
            for (var column = 0; column < View.Columns; column++)
            {
                var difference = Math.Abs(View[row, column] - expected[row, column]) / greatest;
                Assert.True(
                    difference <= tolerance,
                    $"{what}: ({row}, {column}) is {View[row, column]}, expected {expected[row, column]}");
            }
    }

    public void Dispose() => _buffer.Dispose();

    /// <summary>Every level that this machine has.</summary>
    public static IEnumerable<SimdLevel> Levels() => Enum.GetValues<SimdLevel>().Where(level => level <= SimdLevels.Best);

    /// <summary>The same for a theory.</summary>
    public static TheoryData<SimdLevel> LevelData() => [.. Levels()];

    public static double[,] Product(double[,] a, bool transposeA, double[,] b, bool transposeB)
    {
        var rows = a.GetLength(transposeA ? 1 : 0);
        var depth = a.GetLength(transposeA ? 0 : 1);
        var columns = b.GetLength(transposeB ? 0 : 1);
        var product = new double[rows, columns];
        for (var row = 0; row < rows; row++)
            for (var column = 0; column < columns; column++)
                for (var k = 0; k < depth; k++)
                    product[row, column] += (transposeA ? a[k, row] : a[row, k]) * (transposeB ? b[column, k] : b[k, column]);
        return product;
    }

    public static double[,] Sum(double[,] a, double factor, double[,] b)
    {
        var sum = new double[a.GetLength(0), a.GetLength(1)];
        for (var row = 0; row < a.GetLength(0); row++)
            for (var column = 0; column < a.GetLength(1); column++)
                sum[row, column] = a[row, column] + factor * b[row, column];
        return sum;
    }
}
