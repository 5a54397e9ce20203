namespace LoraLint.Rules.Knowledge.Models;

/// <summary>
/// The largest rank that a number of trained parameters allows: what is trained is a fixed part (DoRA's magnitudes, biases, modules trained
/// in full, modules with a rank of their own) and the rest, which is proportional to the rank.
/// </summary>
/// <param name="Budget">The parameters allowed.</param>
/// <param name="Fixed">What is trained whatever the rank.</param>
/// <param name="PerRank">What one rank more trains.</param>
/// <param name="Largest">The largest rank within the budget.</param>
/// <param name="Rank">That rounded down to a multiple of 8, of 4 below 16, and as it is below 4.</param>
public sealed record ParameterBudget(long Budget, long Fixed, long PerRank, long Largest, long Rank)
{
    /// <summary>What is trained at a rank.</summary>
    public long TrainableAt(long rank) => Fixed + (PerRank * rank);

    /// <summary>Solves for the rank.</summary>
    /// <param name="model">The base model's modules.</param>
    /// <param name="request">The adapter; its rank is not looked at.</param>
    /// <param name="budget">The parameters allowed.</param>
    /// <returns>Rank 0 where rank 1 is too much already; null where the modules cannot be told or the rank changes nothing.</returns>
    public static ParameterBudget? Solve(ModelShape model, AdapterRequest request, long budget)
    {
        // Linear in the rank: two points are all there is to know.
        if (AdapterShape.Find(model, request with { Rank = 1 }) is not { } one
            || AdapterShape.Find(model, request with { Rank = 2 }) is not { } two)
            return null;
        var perRank = two.Trainable - one.Trainable;
        if (perRank == 0)
            return null;
        var fixedPart = one.Trainable - perRank;
        var widest = one.Modules.Min(m => m.Module.LargestRank);
        var largest = Math.Min(widest, Math.Max(0, (budget - fixedPart) / perRank));
        return new ParameterBudget(budget, fixedPart, perRank, largest, RoundDown(largest));
    }

    /// <summary>A rank that kernels and people like: a multiple of 8, of 4 below 16, below 4 as it is.</summary>
    public static long RoundDown(long rank) => rank >= 16 ? rank / 8 * 8 : rank >= 4 ? rank / 4 * 4 : rank;
}
