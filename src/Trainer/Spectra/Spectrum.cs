namespace LoraLint.Trainer.Spectra;

/// <summary>
/// The singular values of a matrix and what they say about how many directions it has. All measures are of the values as they are given;
/// with s_i the values, descending:
/// <code>
/// energy rank k(q)     the least k with s_1^2 + ... + s_k^2 >= q * sum s^2
/// effective rank       exp(-sum p ln p) with p_i = s_i / sum s   (Roy and Vetterli, EUSIPCO 2007: of the values, not of their squares)
/// stable rank          sum s^2 / s_1^2
/// participation ratio  (sum s^2)^2 / sum s^4
/// </code>
/// </summary>
public sealed class Spectrum
{
    /// <summary>Takes singular values.</summary>
    /// <param name="rows">Rows of the matrix.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="values">Singular values, descending; all of them or the largest.</param>
    /// <param name="energy">The squared Frobenius norm of the matrix, where not all values are given.</param>
    public Spectrum(int rows, int columns, IReadOnlyList<double> values, double? energy = null)
    {
        (Rows, Columns, Values) = (rows, columns, values);
        Energy = Math.Max(energy ?? 0, values.Sum(s => s * s));
    }

    /// <summary>Rows of the matrix.</summary>
    public int Rows { get; }

    /// <summary>Columns of the matrix.</summary>
    public int Columns { get; }

    /// <summary>Singular values, descending.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>The sum of the squares of all singular values, those that are not in <see cref="Values"/> among them.</summary>
    public double Energy { get; }

    /// <summary>The share of the energy that <see cref="Values"/> hold, 0 to 1; 1 for a matrix of zeros.</summary>
    public double Covered => Energy > 0 ? Values.Sum(s => s * s) / Energy : 1;

    /// <summary>e to the entropy of the values over their sum; 0 for a matrix of zeros. Of <see cref="Values"/> alone.</summary>
    public double EffectiveRank
    {
        get
        {
            var sum = Values.Sum();
            return sum > 0 ? Math.Exp(-Values.Where(s => s > 0).Sum(s => s / sum * Math.Log(s / sum))) : 0;
        }
    }

    /// <summary>The energy over that of the first direction; 0 for a matrix of zeros.</summary>
    public double StableRank => Energy > 0 ? Energy / (Values[0] * Values[0]) : 0;

    /// <summary>The squared sum of squares over the sum of fourth powers; 0 for a matrix of zeros. Of <see cref="Values"/> alone.</summary>
    public double ParticipationRatio
    {
        get
        {
            // Of the values over the first one: fourth powers of small numbers vanish.
            if (Values.Count == 0 || Values[0] == 0)
                return 0;
            var squares = Values.Select(s => s / Values[0] * (s / Values[0])).ToList();
            return squares.Sum() * squares.Sum() / squares.Sum(s => s * s);
        }
    }

    /// <summary>How many directions hold a share of the energy; null when more than those in <see cref="Values"/> are needed.</summary>
    /// <param name="share">0 to 1.</param>
    public int? EnergyRank(double share)
    {
        // Rounding in the sum must not ask for one more direction than there is.
        var wanted = share * Energy * (1 - 1e-12);
        var sum = 0.0;
        var count = 0;
        while (sum < wanted)
        {
            if (count == Values.Count)
                return null;
            sum += Values[count] * Values[count];
            count++;
        }

        return count;
    }
}
