using System.Globalization;

namespace LoraLint.Advisor.Output.Charts;

/// <summary>A range of numbers with round marks on it.</summary>
/// <param name="From">The lowest number.</param>
/// <param name="To">The highest, above it.</param>
/// <param name="Step">The distance of the marks: 1, 2 or 5 times a power of ten.</param>
internal sealed record Axis(double From, double To, double Step)
{
    /// <summary>The marks in order.</summary>
    public IEnumerable<double> Marks
    {
        get
        {
            // Counted rather than added up, so that the mark at zero is zero.
            for (var i = (long)Math.Ceiling(From / Step - 1e-9); i * Step <= To + 1e-9 * Step; i++)
                yield return i * Step;
        }
    }

    /// <summary>An axis that holds some numbers and ends at marks.</summary>
    /// <param name="lowest">The lowest number.</param>
    /// <param name="highest">The highest.</param>
    /// <param name="marks">About how many marks there shall be.</param>
    public static Axis Around(double lowest, double highest, int marks)
    {
        if (highest <= lowest)
            (lowest, highest) = lowest == 0 ? (0, 1) : (lowest - Math.Abs(lowest) * 0.1, lowest + Math.Abs(lowest) * 0.1);
        var step = RoundStep((highest - lowest) / marks);
        return new Axis(Math.Floor(lowest / step + 1e-9) * step, Math.Ceiling(highest / step - 1e-9) * step, step);
    }

    /// <summary>An axis of counts that ends where the numbers end.</summary>
    public static Axis Counting(double highest, int marks) =>
        new(0, Math.Max(1, highest), Math.Max(1, RoundStep(Math.Max(1, highest) / marks)));

    /// <summary>Where a number lies, from 0 to 1.</summary>
    public double Share(double value) => (value - From) / (To - From);

    /// <summary>A mark with as many digits as it takes to tell it from its neighbours.</summary>
    public string Label(double mark)
    {
        var largest = Math.Max(Math.Abs(From), Math.Abs(To));
        if (mark == 0)
            return "0";
        if (largest is >= 1e4 or < 1e-2)
            return largest >= 1e4 ? Figures.Short(mark) : mark.ToString("0.##e0", CultureInfo.InvariantCulture);
        var digits = Math.Max(0, -(int)Math.Floor(Math.Log10(Step) + 1e-9));
        return mark.ToString("F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static double RoundStep(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * (rough / power) switch { <= 1.0001 => 1, <= 2.0001 => 2, <= 5.0001 => 5, _ => 10 };
    }
}
