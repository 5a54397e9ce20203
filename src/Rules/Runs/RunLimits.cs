using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Runs;

/// <summary>
/// Which values the members of a run's records can have, and what is said of others: by the records when one is given, and by the rules
/// that find one in a config or in code. So both say the same.
/// </summary>
internal static class RunLimits
{
    private static readonly NumberRange s_notNegative = new(0);
    private static readonly NumberRange s_aboveZero = new(0) { ExcludesLeast = true };
    private static readonly NumberRange s_share = new(0, 1) { ExcludesMost = true };

    /// <summary>A rank.</summary>
    public static NumberRange Rank { get; } = new(1, LoraOptions.LargestRank) { IsWhole = true, Say = SayRank };

    /// <summary>An alpha.</summary>
    public static NumberRange Alpha { get; } = s_aboveZero with { Say = SayAlpha };

    /// <summary>A dropout probability.</summary>
    public static NumberRange Dropout { get; } = s_share with { Say = SayDropout };

    /// <summary>The index of a layer.</summary>
    public static NumberRange Layer { get; } = new(0) { IsWhole = true };

    /// <summary>A number of things of which there is at least one: layers, sequences, steps, tokens.</summary>
    public static NumberRange Count { get; } = new(1, int.MaxValue) { IsWhole = true };

    /// <summary>A number of things of which there may be none.</summary>
    public static NumberRange CountOrNone { get; } = new(0, int.MaxValue) { IsWhole = true };

    /// <summary>A learning rate.</summary>
    public static NumberRange LearningRate { get; } = s_aboveZero with { Say = SayLearningRate };

    /// <summary>LoRA+'s factor, and what AdamW adds to a root.</summary>
    public static NumberRange AboveZero => s_aboveZero;

    /// <summary>AdamW's decays of its moments.</summary>
    public static NumberRange Beta => s_share;

    /// <summary>A weight decay, a norm, what is held out.</summary>
    public static NumberRange NotNegative => s_notNegative;

    /// <summary>A warmup as a share of all steps. That of all steps is a mistake, as the rule says, and yet a schedule.</summary>
    public static NumberRange WarmupRatio { get; } = new(0, 1) { Say = (key, ratio) => SayWarmup(key, ratio, isShare: true) };

    /// <summary>A warmup in steps.</summary>
    public static NumberRange WarmupSteps { get; } =
        CountOrNone with { Say = (key, steps) => SayWarmup(key, steps, isShare: false) };

    /// <summary>Passes over the data.</summary>
    public static NumberRange Epochs { get; } = s_aboveZero with { Say = SayEpochs };

    /// <summary>A seed.</summary>
    public static NumberRange Seed { get; } = new(0) { IsWhole = true };

    /// <summary>A share of all steps, which is neither none nor all of them.</summary>
    public static NumberRange ShareOfSteps { get; } = new(0, 1) { ExcludesLeast = true, ExcludesMost = true };

    /// <summary>The optimizers.</summary>
    public static IReadOnlyList<string> Optimizers { get; } = ["adamw", "sgd"];

    /// <summary>The schedules of the learning rate.</summary>
    public static IReadOnlyList<string> Schedules { get; } = ["constant", "linear", "cosine"];

    /// <summary>The precisions.</summary>
    public static IReadOnlyList<string> Precisions { get; } = ["bf16", "fp16", "fp32"];

    /// <summary>The 4-bit data types.</summary>
    public static IReadOnlyList<string> QuantizationTypes { get; } = ["nf4", "fp4"];

    /// <summary>What is wrong with a rank that is none; null when nothing is.</summary>
    public static string? SayRank(string key, double rank) => rank <= 0
        ? $"{key} {ConfigEditor.Number(rank)} is no rank: it has to be at least 1; 8 or 16 is where most runs start" : null;

    /// <summary>What an alpha does that is not above 0.</summary>
    public static string? SayAlpha(string key, double alpha) => alpha <= 0
        ? $"{key} {ConfigEditor.Number(alpha)} "
            + (alpha == 0 ? "switches the adapter off: its output is multiplied by 0" : "turns the adapter's output around")
            + "; the documented start is 2r, twice the rank"
        : null;

    /// <summary>What is wrong with a dropout that is no probability below 1.</summary>
    public static string? SayDropout(string key, double dropout)
    {
        var shown = $"{key} {ConfigEditor.Number(dropout)}";
        return dropout < 0 ? $"{shown} is negative, which counts as no dropout; write 0, or the probability that is meant"
            : dropout == 1 ? $"{shown} drops every input of the adapter, so it learns nothing; usual are 0 to 0.1"
            : dropout > 1 ? $"{shown} is no probability, and building the layers fails on it; "
                + (dropout <= 100
                    ? $"if {ConfigEditor.Number(dropout)} % is meant, write {ConfigEditor.Number(dropout / 100)}"
                    : "write one from 0 to 0.5")
            : null;
    }

    /// <summary>What a learning rate does that is not above 0.</summary>
    public static string? SayLearningRate(string key, double rate) => rate <= 0
        ? $"{key} is {ConfigEditor.Number(rate)}, so " + (rate == 0 ? "nothing is learned" : "the optimizer refuses it")
            + "; 1e-4 to 2e-4 is where LoRA usually starts"
        : null;

    /// <summary>What is wrong with a warmup.</summary>
    /// <param name="key">The key.</param>
    /// <param name="amount">Steps, or a share of all of them.</param>
    /// <param name="isShare">Whether it is a share.</param>
    /// <param name="stepsKey">The key for a number of steps, or null when there is none.</param>
    public static string? SayWarmup(string key, double amount, bool isShare, string? stepsKey = null)
    {
        var shown = $"{key} {ConfigEditor.Number(amount)}";
        return amount < 0 ? $"{shown} is negative; write 0 for no warmup"
            : isShare && amount >= 1
                ? $"{shown} is a share of all steps and must lie below 1: the learning rate would still be rising when training ends; for "
                    + $"steps write {stepsKey ?? "a number of steps"}, for a share something like 0.03"
            : null;
    }

    /// <summary>What a number of passes over the data does that is not above 0.</summary>
    public static string? SayEpochs(string key, double epochs) => epochs <= 0
        ? $"{key} is {ConfigEditor.Number(epochs)}, and without a limit in steps nothing is trained; write how many epochs to train" : null;

    /// <summary>That an index of a layer counts from the end.</summary>
    /// <param name="key">The key.</param>
    /// <param name="negative">The negative ones, as written.</param>
    /// <param name="areAll">Whether there are no others.</param>
    public static string SayLayers(string key, IEnumerable<string> negative, bool areAll) =>
        $"{key} {string.Join(", ", negative)} matches no layer: PEFT counts from 0 up and not from the end"
        + (areAll ? ", so nothing is adapted" : "") + "; write the layer's own number";

    /// <summary>That a pattern of module names gives one of them a value that it cannot have.</summary>
    public static string SayPattern(string key, string name, string shown, bool needsInteger) =>
        $"{key} gives {name} {shown}, which is no positive {(needsInteger ? "integer" : "number")}";

    /// <summary>That a word is none of those that a key takes.</summary>
    /// <param name="taker">Who takes them.</param>
    /// <param name="key">The key.</param>
    /// <param name="word">The word.</param>
    /// <param name="words">Those that are taken.</param>
    /// <param name="suggestion">The one that is meant, or null when that cannot be told.</param>
    /// <param name="orList">Whether a list is taken too.</param>
    public static string SayWord(
        string taker, string key, string word, IReadOnlyList<string> words, out string? suggestion, bool orList = false)
    {
        var sameLetters = words.Where(w => w.Equals(word, StringComparison.OrdinalIgnoreCase)).ToList();
        var close = words.Where(w => NameDistance.Edits(word.ToLowerInvariant(), w.ToLowerInvariant()) <= (w.Length <= 5 ? 1 : 2)).ToList();
        suggestion = sameLetters.Count == 1 ? sameLetters[0] : close.Count == 1 ? close[0] : null;
        var shown = words.Count <= 8 ? string.Join(", ", words) : string.Join(", ", words.Take(6)) + $" and {words.Count - 6} more";
        return $"{taker} does not take {(word.Length == 0 ? "an empty text" : word)} for {key}; "
            + (suggestion is null ? $"it takes {shown}{(orList ? " or a list" : "")}" : $"did you mean {suggestion}?");
    }
}
