namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// The rank below which an adapter cannot hold what the data tells (Schulman et al. 2025, "LoRA Without Regret", Thinking Machines): data
/// has so many bits, a trained parameter holds 2 (Allen-Zhu and Li, arXiv 2404.05405), so rank = bits / (2 parameters of one rank).
/// Supervised data has the loss of the first epoch in bits for each token that is trained on, about 1 where it is not known; reinforcement
/// learning has about 1 bit for each episode. It is an overestimate, as what a model knows already takes nothing.
/// </summary>
/// <param name="Rank">The rank, 1 or more.</param>
/// <param name="Bits">What the data tells.</param>
/// <param name="BitsPerToken">Of supervised data; null for episodes.</param>
/// <param name="ParametersPerRank">What one rank more trains.</param>
public sealed record CapacityFloor(long Rank, double Bits, double? BitsPerToken, long ParametersPerRank)
{
    /// <summary>Bits of a token where the loss is not known.</summary>
    public const double UsualBits = 1;

    /// <summary>Bits that a trained parameter holds.</summary>
    public const double BitsOfParameter = 2;

    /// <summary>For rows with answers.</summary>
    /// <param name="rows">Rows of the data.</param>
    /// <param name="tokens">Tokens of a row that are trained on.</param>
    /// <param name="bitsPerToken">Bits of a token.</param>
    /// <param name="parametersPerRank">1 or more.</param>
    public static CapacityFloor OfAnswers(long rows, double tokens, double bitsPerToken, long parametersPerRank) =>
        new(RankOf(rows * tokens * bitsPerToken, parametersPerRank), rows * tokens * bitsPerToken, bitsPerToken, parametersPerRank);

    /// <summary>For episodes of reinforcement learning.</summary>
    public static CapacityFloor OfEpisodes(long episodes, long parametersPerRank) =>
        new(RankOf(episodes, parametersPerRank), episodes, null, parametersPerRank);

    private static long RankOf(double bits, long parametersPerRank) =>
        Math.Max(1, (long)Math.Ceiling(Math.Min(bits / (BitsOfParameter * parametersPerRank), 1L << 40)));
}
