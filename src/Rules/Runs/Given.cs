using System.Globalization;

namespace LoraLint.Rules.Runs;

/// <summary>What the members of a run's records are given, refused when it is none of the values that they can have.</summary>
internal static class Given
{
    /// <summary>Who takes the values, in messages.</summary>
    public const string Taker = "LoraLint";

    /// <summary>A whole number in a range.</summary>
    public static int Number(string setting, int value, NumberRange range) => (int)Number(setting, (double)value, range);

    /// <summary>A whole number in a range, or none.</summary>
    public static int? Number(string setting, int? value, NumberRange range) =>
        value is { } number ? Number(setting, number, range) : null;

    /// <summary>A whole number in a range.</summary>
    public static long Number(string setting, long value, NumberRange range)
    {
        Require(setting, value, range.Problem(setting, value));
        return value;
    }

    /// <summary>A whole number in a range, or none.</summary>
    public static long? Number(string setting, long? value, NumberRange range) =>
        value is { } number ? Number(setting, number, range) : null;

    /// <summary>A number in a range.</summary>
    public static double Number(string setting, double value, NumberRange range)
    {
        Require(setting, value, range.Problem(setting, value));
        return value;
    }

    /// <summary>A number in a range, or none.</summary>
    public static double? Number(string setting, double? value, NumberRange range) =>
        value is { } number ? Number(setting, number, range) : null;

    /// <summary>A word of a set.</summary>
    public static string Word(string setting, string value, IReadOnlyList<string> words)
    {
        if (!words.Contains(NotNull(setting, value)))
            throw new InvalidSettingException(setting, value, RunLimits.SayWord(Taker, setting, value, words, out _));
        return value;
    }

    /// <summary>A value that its enumeration has a name for.</summary>
    public static T Named<T>(string setting, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(typeof(T), value))
        {
            var number = Convert.ToInt64(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
            throw new InvalidSettingException(
                setting, value, RunLimits.SayWord(Taker, setting, number, Enum.GetNames(typeof(T)), out _));
        }

        return value;
    }

    /// <summary>Indices of layers, or none.</summary>
    public static IReadOnlyList<long>? Layers(string setting, IReadOnlyList<long>? value)
    {
        var negative = value?.Where(l => !RunLimits.Layer.Contains(l)).ToList() ?? [];
        if (negative.Count > 0)
        {
            var shown = negative.Select(l => l.ToString(CultureInfo.InvariantCulture));
            throw new InvalidSettingException(
                setting, value, RunLimits.SayLayers(setting, shown, areAll: negative.Count == value!.Count));
        }

        return value;
    }

    /// <summary>Ranks for patterns of module names.</summary>
    public static IReadOnlyDictionary<string, int> Ranks(string setting, IReadOnlyDictionary<string, int> value)
    {
        foreach (var one in NotNull(setting, value))
            RequirePattern(setting, value, one.Key, one.Value, RunLimits.Rank, needsInteger: true);
        return value;
    }

    /// <summary>Alphas for patterns of module names.</summary>
    public static IReadOnlyDictionary<string, double> Alphas(string setting, IReadOnlyDictionary<string, double> value)
    {
        foreach (var one in NotNull(setting, value))
            RequirePattern(setting, value, one.Key, one.Value, RunLimits.Alpha, needsInteger: false);
        return value;
    }

    /// <summary>Anything but null.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public static T NotNull<T>(string setting, T? value)
        where T : class => value ?? throw new ArgumentNullException(setting);

    private static void RequirePattern(
        string setting, object pattern, string name, double number, NumberRange range, bool needsInteger)
    {
        if (range.Contains(number))
            return;
        throw new InvalidSettingException(setting, pattern, number > 0 && number < double.PositiveInfinity
            ? range.Outside($"{setting} for {name}", number)
            : RunLimits.SayPattern(setting, name, "\"" + Configs.ConfigEditor.Number(number) + "\"", needsInteger));
    }

    private static void Require(string setting, object value, string? problem)
    {
        if (problem is not null)
            throw new InvalidSettingException(setting, value, problem);
    }
}
