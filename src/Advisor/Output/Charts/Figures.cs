using System.Globalization;

namespace LoraLint.Advisor.Output.Charts;

/// <summary>Numbers as people read them, the same in every culture.</summary>
internal static class Figures
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>A whole number with separators: 12,345.</summary>
    public static string Count(long value) => value.ToString("N0", s_culture);

    /// <summary>A large number in short: 1.24 M.</summary>
    public static string Short(double value) => Math.Abs(value) switch
    {
        >= 1e12 => Scaled(value, 1e12, " T"),
        >= 1e9 => Scaled(value, 1e9, " B"),
        >= 1e6 => Scaled(value, 1e6, " M"),
        >= 1e4 => Scaled(value, 1e3, " k"),
        _ => Significant(value, 3),
    };

    /// <summary>Bytes in binary units: 1.2 GiB.</summary>
    public static string Bytes(double value) => value switch
    {
        >= 1L << 30 => Scaled(value, 1L << 30, " GiB"),
        >= 1L << 20 => Scaled(value, 1L << 20, " MiB"),
        >= 1L << 10 => Scaled(value, 1L << 10, " KiB"),
        _ => Significant(value, 3) + " B",
    };

    /// <summary>A number rounded to some digits, without an exponent where it is neither huge nor tiny.</summary>
    public static string Significant(double value, int digits)
    {
        if (value == 0)
            return "0";
        var magnitude = (int)Math.Floor(Math.Log10(Math.Abs(value)));
        if (magnitude is < -3 or > 6)
            return value.ToString($"0.{new string('#', digits - 1)}e0", s_culture);
        return value.ToString("F" + Math.Max(0, digits - 1 - magnitude).ToString(s_culture), s_culture);
    }

    /// <summary>A setting as it would be written: 0.0002.</summary>
    public static string Plain(double value) => value.ToString(s_culture);

    /// <summary>A span of time: 42 s, 3 min 05 s, 2 h 10 min.</summary>
    public static string Duration(double seconds)
    {
        if (seconds < 10)
            return Significant(seconds, 2) + " s";
        var whole = (long)Math.Round(seconds);
        return whole switch
        {
            < 60 => string.Create(s_culture, $"{whole} s"),
            < 3600 => string.Create(s_culture, $"{whole / 60} min {whole % 60:00} s"),
            _ => string.Create(s_culture, $"{Count(whole / 3600)} h {whole % 3600 / 60:00} min"),
        };
    }

    private static string Scaled(double value, double unit, string name) => Significant(value / unit, 3) + name;
}
