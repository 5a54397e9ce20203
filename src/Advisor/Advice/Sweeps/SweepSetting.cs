using System.Globalization;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Advice.Sweeps;

/// <summary>A setting that a sweep varies: a list of values, or a range.</summary>
/// <param name="Name">As <c>loralint inspect</c> calls it: <c>rank</c>, <c>learning_rate</c>.</param>
/// <param name="Values">The values in order; of a range its two ends.</param>
/// <param name="IsRange">Whether everything between the two counts.</param>
internal sealed record SweepSetting(string Name, IReadOnlyList<double> Values, bool IsRange)
{
    private const int MostValues = 64;

    /// <summary>What can be varied: settings that are numbers and have a part in what is learnt.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "rank", "alpha", "dropout", "learning_rate", "weight_decay", "max_grad_norm", "warmup_ratio", "micro_batch_size",
        "gradient_accumulation_steps", "max_sequence_length",
    ];

    /// <summary>Whether values are whole numbers.</summary>
    public bool IsWhole => Name is "rank" or "micro_batch_size" or "gradient_accumulation_steps" or "max_sequence_length";

    /// <summary>Whether a tenth and ten times as much are as far away from each other: rates and sizes.</summary>
    public bool IsLogarithmic => Name is not ("dropout" or "warmup_ratio") && Values[0] > 0;

    /// <summary>Reads <c>learning_rate=1e-5..1e-3</c> or <c>rank=4,8,16</c>.</summary>
    /// <exception cref="UserMistakeException">It is neither.</exception>
    public static SweepSetting Parse(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
            throw Wrong(text, "NAME=V1,V2,... or NAME=LEAST..MOST is wanted");
        var name = text[..at].Trim();
        if (!Names.Contains(name))
            throw Wrong(text, $"{name} is none of {string.Join(", ", Names)}{Suggestion.For(name, Names)}");
        var ends = text[(at + 1)..].Split("..");
        var isRange = ends.Length == 2;
        var values = (isRange ? ends : text[(at + 1)..].Split(',')).Select(v => Number(text, v)).ToList();
        var setting = new SweepSetting(name, isRange ? values : [.. values.Distinct()], isRange);
        if (isRange && values[0] >= values[1])
            throw Wrong(text, "the first end of a range is below the second");
        if (values.Count > MostValues)
            throw Wrong(text, $"at most {MostValues} values");
        if (setting.IsWhole && values.Any(v => v != Math.Floor(v) || v < 1))
            throw Wrong(text, "whole numbers from 1 on are wanted");
        return setting;
    }

    /// <summary>The value at a share of the way, 0 to 1: of a list one of its values.</summary>
    public double At(double share)
    {
        if (!IsRange)
            return Values[Math.Min(Values.Count - 1, (int)(share * Values.Count))];
        var value = IsLogarithmic ? Math.Exp(double.Lerp(Math.Log(Values[0]), Math.Log(Values[1]), share))
            : double.Lerp(Values[0], Values[1], share);
        // Three digits are more than any of these settings is good for, and read well in a config.
        return IsWhole ? Math.Round(value) : double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    /// <summary>Where a value lies, 0 to 1.</summary>
    public double ShareOf(double value)
    {
        if (!IsRange)
            return Values.Count == 1 ? 0.5 : (Math.Max(0, Values.ToList().IndexOf(value)) + 0.5) / Values.Count;
        return IsLogarithmic ? (Math.Log(value) - Math.Log(Values[0])) / (Math.Log(Values[1]) - Math.Log(Values[0]))
            : (value - Values[0]) / (Values[1] - Values[0]);
    }

    private static double Number(string text, string value) =>
        double.TryParse(value.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number) && number >= 0
            ? number : throw Wrong(text, $"{value.Trim()} is no number from 0 on");

    private static UserMistakeException Wrong(string text, string why) => new($"--set {text}: {why}");

    /// <summary>The setting as a config has it; null for the share of warmup, which is part of another.</summary>
    public static ISetting? Of(TrainingConfig config, string name) => name == "warmup_ratio" ? config.Warmup
        : InspectedSettings.All.First(s => s.Name == name).Of(config);
}
