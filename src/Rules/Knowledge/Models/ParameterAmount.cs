using System.Globalization;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// How many parameters may be trained, as people write it: <c>10M</c>, <c>1.5B</c>, <c>800k</c>, or a share, <c>0.5%</c>.
/// </summary>
/// <param name="Number">Parameters, or the share in percent.</param>
/// <param name="IsShare">Whether it is a share of the base model's parameters.</param>
public sealed record ParameterAmount(double Number, bool IsShare)
{
    // More than any model has.
    private const double Most = 1e15;

    /// <summary>Reads one; false for what is none.</summary>
    public static bool TryParse(string text, out ParameterAmount amount)
    {
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowThousands | NumberStyles.AllowExponent;
        amount = new ParameterAmount(0, false);
        var trimmed = text.Trim();
        var number = trimmed.TrimEnd('%', 'k', 'K', 'm', 'M', 'b', 'B', 'g', 'G').Trim();
        double? factor = trimmed.Substring(number.Length).Trim() switch
        {
            "" or "%" => 1, "k" or "K" => 1e3, "m" or "M" => 1e6, "b" or "B" or "g" or "G" => 1e9, _ => null,
        };
        var isShare = trimmed.EndsWith("%", StringComparison.Ordinal);
        if (factor is null || !double.TryParse(number, Style, CultureInfo.InvariantCulture, out var value)
            || value * factor is not (> 0 and <= Most))
            return false;
        amount = new ParameterAmount(value * factor.Value, isShare);
        return true;
    }

    /// <summary>The parameters; null for a share of a model that is not known, and for less than one or more than any model has.</summary>
    /// <param name="parameters">The base model's.</param>
    public long? Of(long? parameters)
    {
        var count = IsShare ? Number * parameters / 100.0 : Number;
        // 0.1M is a whole number of parameters, whatever it is in binary.
        return count is >= 1 and <= Most ? (long)Math.Floor(Math.Round(count.Value, 6)) : null;
    }

    /// <summary>As people read it: <c>10,000,000</c>, <c>0.5 %</c>.</summary>
    public override string ToString() => IsShare ? string.Format(CultureInfo.InvariantCulture, "{0:0.######} %", Number)
        : string.Format(CultureInfo.InvariantCulture, "{0:N0}", Math.Floor(Math.Round(Number, 6)));
}
