using System.Globalization;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Output;

/// <summary>The words that outputs, settings and options use for our enums.</summary>
internal static class Words
{
    /// <summary>error, warning, info or off.</summary>
    public static string Of(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        Severity.Info => "info",
        _ => "off",
    };

    /// <summary>safe, unsafe or display.</summary>
    public static string Of(FixSafety safety) => safety switch
    {
        FixSafety.Safe => "safe",
        FixSafety.Unsafe => "unsafe",
        _ => "display",
    };

    /// <summary>correctness, suspicious, memory, reproducibility, advice or preview.</summary>
    public static string Of(Category category) => category switch
    {
        Category.Correctness => "correctness",
        Category.Suspicious => "suspicious",
        Category.Memory => "memory",
        Category.Reproducibility => "reproducibility",
        Category.Advice => "advice",
        _ => "preview",
    };

    /// <summary>A count with its noun: <c>1 finding</c>, <c>2 findings</c>.</summary>
    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";

    /// <summary>A size as stores and networks tell it: <c>740 kB</c>, <c>1.2 GB</c>.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0} kB"),
        < 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
    };
}
