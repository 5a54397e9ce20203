using LoraLint.Trainer;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Spectra;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class SpectrumSolverTests
{
    // The second difference with fixed ends: 2 - 2 cos(k pi / (n + 1)).
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(257)]
    public void Eigenvalues_of_the_second_difference_are_known(int n)
    {
        var matrix = new DenseMatrix(n, n);
        for (var i = 0; i < n; i++)
        {
            matrix[i, i] = 2;
            if (i > 0)
                matrix[i, i - 1] = matrix[i - 1, i] = -1;
        }

        var expected = Enumerable.Range(1, n).Select(k => 2 - (2 * Math.Cos(k * Math.PI / (n + 1)))).OrderDescending();
        Assert.All(expected.Zip(SymmetricEigenvalues.Of(matrix)), pair => Assert.Equal(pair.First, pair.Second, 12));
    }

    [Fact]
    public void Eigenvalues_are_those_that_Jacobi_finds()
    {
        foreach (var (n, seed) in new[] { (2, 1), (5, 2), (40, 3), (90, 4) })
        {
            var rows = Random(n, n + 3, seed);
            var gram = rows.RowGram();
            var expected = gram.SymmetricEigen().Values;
            var found = SymmetricEigenvalues.Of(gram);
            Assert.All(expected.Zip(found), pair => Assert.InRange(pair.Second - pair.First, -1e-12 * expected[0], 1e-12 * expected[0]));
        }
    }

    [Fact]
    public void Eigenvalues_may_be_negative_zero_or_many_times_the_same()
    {
        double[] expected = [3, 3, 3, 0, 0, -1, -1, -7];
        var turned = Similar(expected, seed: 5);
        Assert.All(expected.Zip(SymmetricEigenvalues.Of(turned)), pair => Assert.Equal(pair.First, pair.Second, 12));
        Assert.All(SymmetricEigenvalues.Of(new DenseMatrix(6, 6)), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Singular_values_agree_with_those_in_28_digits()
    {
        foreach (var (rows, columns) in new[] { (6, 5), (5, 9), (8, 8), (2, 7) })
        {
            var random = new Random(rows * 31 + columns);
            var matrix = new double[rows, columns];
            var given = new List<float[]>();
            for (var i = 0; i < rows; i++)
            {
                var row = new float[columns];
                for (var j = 0; j < columns; j++)
                    matrix[i, j] = row[j] = (float)((random.NextDouble() - 0.5) * Math.Pow(10, -(j % 4)));
                given.Add(row);
            }

            var expected = PreciseSvd.Values(matrix);
            var found = new SpectrumSolver(1).OfRows(given, isCentred: false);
            Assert.Equal(expected.Length, found.Values.Count);
            // Squares are what is computed: a value is exact to about 1e-16 of the largest one's square over itself.
            Assert.All(expected.Zip(found.Values), pair => Assert.InRange(
                Math.Abs((pair.Second * pair.Second) - (pair.First * pair.First)), 0, 1e-14 * expected[0] * expected[0]));
        }
    }

    [Theory]
    [InlineData(3, 200, 60)]
    [InlineData(12, 80, 300)]
    [InlineData(1, 50, 50)]
    public void Planted_directions_are_counted(int planted, int rows, int columns)
    {
        // Rows of equal weight on orthogonal directions around a point far away, and noise of a thousandth.
        var random = new Random(planted);
        var directions = Random(planted, columns, seed: 9);
        directions.OrthonormaliseRows();
        var data = new List<float[]>();
        for (var i = 0; i < rows; i++)
        {
            var row = new double[columns];
            for (var k = 0; k < planted; k++)
            {
                var weight = Normal(random);
                for (var j = 0; j < columns; j++)
                    row[j] += weight * directions[k, j];
            }

            data.Add([.. row.Select(v => (float)(v + 5 + (1e-3 * Normal(random) / Math.Sqrt(columns))))]);
        }

        var centred = new SpectrumSolver(1).OfRows(data, isCentred: true);
        Assert.InRange(centred.EnergyRank(0.99)!.Value, Math.Max(1, planted - 1), planted);
        Assert.Equal(planted, centred.Values.Count(v => v > 0.05 * centred.Values[0]));
        Assert.InRange(centred.ParticipationRatio, 0.6 * planted, planted + 0.01);
        // Around zero the point far away is a direction of its own, and the only one that counts.
        var around = new SpectrumSolver(1).OfRows(data, isCentred: false);
        Assert.InRange(around.StableRank, 1, 1.2);
    }

    [Fact]
    public void The_largest_values_of_a_wide_matrix_are_found_and_what_is_left_is_known()
    {
        const int side = 120, rank = 9, found = 30;
        var (left, right) = (Random(rank, side, 1), Random(rank, side, 2));
        left.OrthonormaliseRows();
        right.OrthonormaliseRows();
        var values = new float[side * side];
        for (var i = 0; i < side; i++)
        {
            for (var j = 0; j < side; j++)
                values[(i * side) + j] = (float)Enumerable.Range(0, rank).Sum(k => (rank - k) * left[k, i] * right[k, j]);
        }

        var solver = new SpectrumSolver(2, largestExact: side - 1, approximated: found);
        var spectrum = solver.OfMatrix(values, side, side, new CounterRandom(1, "test"));
        Assert.Equal(found, spectrum.Values.Count);
        for (var k = 0; k < rank; k++)
            Assert.Equal(rank - k, spectrum.Values[k], 4);
        Assert.Equal(1, spectrum.Covered, 6);
        Assert.Equal(285, spectrum.Energy, 3);
    }

    [Fact]
    public void The_spectrum_is_that_of_the_transpose_and_the_same_with_any_number_of_threads()
    {
        var random = new Random(3);
        var values = Enumerable.Range(0, 30 * 70).Select(_ => (float)Normal(random)).ToArray();
        var turned = new float[values.Length];
        for (var i = 0; i < 30; i++)
        {
            for (var j = 0; j < 70; j++)
                turned[(j * 30) + i] = values[(i * 70) + j];
        }

        var one = new SpectrumSolver(1).OfMatrix(values, 30, 70, new CounterRandom(1, ""));
        Assert.Equal(one.Values, new SpectrumSolver(3).OfMatrix(values, 30, 70, new CounterRandom(1, "")).Values);
        Assert.All(one.Values.Zip(new SpectrumSolver(1).OfMatrix(turned, 70, 30, new CounterRandom(1, "")).Values), pair =>
            Assert.Equal(pair.First, pair.Second, 10));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Values_that_are_no_numbers_are_refused(float bad) => Assert.Throws<TrainerException>(
        () => new SpectrumSolver(1).OfRows([[1, 2], [bad, 3]], isCentred: true));

    internal static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static DenseMatrix Random(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        var matrix = new DenseMatrix(rows, columns);
        for (var i = 0; i < matrix.Values.Length; i++)
            matrix.Values[i] = Normal(random);
        return matrix;
    }

    // Q^T D Q.
    private static DenseMatrix Similar(double[] eigenvalues, int seed)
    {
        var q = Random(eigenvalues.Length, eigenvalues.Length, seed);
        q.OrthonormaliseRows();
        var scaled = new DenseMatrix(q.Rows, q.Columns);
        for (var i = 0; i < q.Rows; i++)
        {
            for (var j = 0; j < q.Columns; j++)
                scaled[i, j] = eigenvalues[i] * q[i, j];
        }

        return q.Transpose().Times(scaled);
    }
}
