using LoraLint.Trainer.Models.Initialisation;

namespace LoraLint.Trainer.Models;

/// <summary>What a module's adapter does, in numbers.</summary>
/// <param name="Name">The module.</param>
/// <param name="Rank">Its rank.</param>
/// <param name="Scaling">What BA is multiplied by.</param>
/// <param name="NormA">The Frobenius norm of A.</param>
/// <param name="NormB">Of B.</param>
/// <param name="NormUpdate">Of scaling x BA.</param>
/// <param name="EffectiveRank">
/// e to the entropy of BA's singular values over their sum: 1 when one direction does all, the rank when all do the same (Roy and
/// Vetterli, EUSIPCO 2007); 0 for none.
/// </param>
/// <param name="NormWeight">The Frobenius norm of the base weight, or null without a base.</param>
internal sealed record AdapterNorms(
    string Name, int Rank, double Scaling, double NormA, double NormB, double NormUpdate, double EffectiveRank, double? NormWeight)
{
    /// <summary>The matrix that is zero, so that the adapter does nothing: before training B, of the embedding A. Else null.</summary>
    public string? ZeroMatrix => NormB == 0 ? "B" : NormA == 0 ? "A" : null;

    /// <summary>The update against the weight, or null without a base.</summary>
    public double? Relative => NormWeight is > 0 and var norm ? NormUpdate / norm : null;

    /// <summary>
    /// Measures a module without making BA: its singular values are the roots of the eigenvalues of sqrt(AA^T) B^T B sqrt(AA^T), which are
    /// small matrices of rank x rank.
    /// </summary>
    /// <param name="module">The module.</param>
    /// <param name="weight">The base weight, or null.</param>
    public static AdapterNorms Measure(AdapterModule module, StoredTensor? weight)
    {
        var a = Widened(module.A);
        var b = Widened(module.B);
        var gramA = a.RowGram();
        var gramB = b.Transpose().RowGram();
        if (!double.IsFinite(Trace(gramA) + Trace(gramB)))
            throw new TrainerException(
                $"the adapter of {module.Name} holds values that are no finite numbers; the run that made it went wrong");
        var root = SquareRoot(gramA);
        var squares = root.Times(gramB).Times(root).SymmetricEigen().Values;
        var values = squares.Select(s => Math.Sqrt(Math.Max(s, 0))).ToArray();
        return new AdapterNorms(
            module.Name, module.Rank, module.Scaling, Math.Sqrt(Trace(gramA)), Math.Sqrt(Trace(gramB)),
            module.Scaling * Math.Sqrt(values.Sum(v => v * v)), EffectiveRankOf(values), weight is null ? null : NormOf(weight));
    }

    private static double EffectiveRankOf(double[] values)
    {
        var sum = values.Sum();
        return sum == 0 ? 0 : Math.Exp(-values.Where(v => v > 0).Sum(v => v / sum * Math.Log(v / sum)));
    }

    private static DenseMatrix SquareRoot(DenseMatrix gram)
    {
        var (values, vectors) = gram.SymmetricEigen();
        var scaled = new DenseMatrix(gram.Rows, gram.Rows);
        for (var i = 0; i < gram.Rows; i++)
        {
            for (var j = 0; j < gram.Rows; j++)
                scaled[i, j] = Math.Sqrt(Math.Max(values[i], 0)) * vectors[i, j];
        }

        return vectors.Transpose().Times(scaled);
    }

    private static double Trace(DenseMatrix matrix) => Enumerable.Range(0, matrix.Rows).Sum(i => matrix[i, i]);

    private static DenseMatrix Widened(StoredTensor tensor)
    {
        var values = new float[tensor.Length];
        tensor.CopyTo(values);
        var matrix = new DenseMatrix(tensor.Shape[0], tensor.Shape[1]);
        for (var i = 0; i < values.Length; i++)
            matrix.Values[i] = values[i];
        return matrix;
    }

    private static double NormOf(StoredTensor tensor)
    {
        var values = new float[1 << 16];
        var sum = 0.0;
        for (var start = 0L; start < tensor.Length; start += values.Length)
        {
            var piece = values.AsSpan(0, (int)Math.Min(values.Length, tensor.Length - start));
            tensor.CopyTo(start, piece);
            foreach (var value in piece)
                sum += (double)value * value;
        }

        return Math.Sqrt(sum);
    }
}
