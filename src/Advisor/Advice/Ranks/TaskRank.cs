using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>The rank that a task usually takes, raised to what the data needs, held below half of the narrowest weight.</summary>
/// <param name="Start">The table's, or that of the traits.</param>
/// <param name="Floor">What the data needs; null where that is not known.</param>
/// <param name="Largest">Half of the smallest side of a weight with an adapter; null where the model is not known.</param>
internal sealed record TaskRank(Advised<int> Start, CapacityFloor? Floor, long? Largest)
{
    private static readonly int[] s_ranksByTraits = [8, 8, 16, 32, 64, 64];

    /// <summary>The rank: the next power of two, as no source tells ranks apart more finely.</summary>
    public long Rank => Math.Min(PowerOfTwo(Math.Max(Start.Value, Floor?.Rank ?? 0)), Largest ?? long.MaxValue);

    /// <summary>Which of the three it is.</summary>
    public string DecidedBy => Rank == Largest ? "half of the narrowest weight"
        : Floor?.Rank > Start.Value ? "the capacity floor" : "the table";

    /// <summary>What tasks may be like that are none of the known ones; each makes them one step harder.</summary>
    public static IReadOnlyList<(string Name, string Meaning)> Traits { get; } =
    [
        ("facts", "needs facts that the base model does not know"),
        ("reasoning", "reasoning in several steps, or code"),
        ("many-tasks", "more than three kinds of tasks"),
        ("long-answers", "answers of more than 512 tokens"),
        ("base-model", "the model is not tuned to instructions"),
    ];

    /// <summary>A rank by how hard a task is.</summary>
    /// <param name="traits">Names of <see cref="Traits"/>.</param>
    public static Advised<int> OfTraits(IReadOnlyCollection<string> traits)
    {
        var count = traits.Distinct(StringComparer.Ordinal).Count();
        return new Advised<int>(
            s_ranksByTraits[count],
            count == 0 ? "none of the traits that make a task hard" : $"{count} of 5 traits: {string.Join(", ", traits.Distinct())}",
            "a count of LoraLint's own: up to one trait 8, two 16, three 32, more 64; no source fixes it");
    }

    /// <summary>The next power of two that is no less.</summary>
    public static long PowerOfTwo(long rank)
    {
        var power = 1L;
        while (power < rank)
            power *= 2;
        return power;
    }
}
