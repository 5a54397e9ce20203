
namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>Whether an estimate goes into a card.</summary>
public enum Fit
{
    /// <summary>Even the lower end of the band is beyond the card.</summary>
    TooLarge,

    /// <summary>The band reaches beyond the card, or so near to its end that what splits memory into pieces may matter.</summary>
    Unsure,

    /// <summary>The upper end is below <see cref="CardFit.Usable"/> of the card.</summary>
    Fits,
}

/// <summary>What fits a card.</summary>
/// <param name="Verdict">Whether it does as asked.</param>
/// <param name="LargestMicroBatch">The largest micro batch that surely fits with the sequence length asked; 0 for none.</param>
/// <param name="LongestSequence">The longest sequence that surely fits with the micro batch asked; 0 for none.</param>
public sealed record CardFit(Fit Verdict, long LargestMicroBatch, long LongestSequence)
{
    /// <summary>The share of a card that counts as free for a run: the rest goes to the display and to what is split into pieces.</summary>
    public const double Usable = 0.95;

    /// <summary>Judges a workload.</summary>
    /// <param name="workload">The load.</param>
    /// <param name="card">The card's memory, bytes.</param>
    public static CardFit Of(Workload workload, long card)
    {
        var estimate = workload.Estimate()!;
        return new CardFit(
            estimate.Low > card ? Fit.TooLarge : IsSure(estimate, card) ? Fit.Fits : Fit.Unsure,
            Largest(n => workload with { MicroBatchSize = n }, card),
            Largest(n => workload with { SequenceLength = n }, card));
    }

    private static bool IsSure(MemoryEstimate estimate, long card) => estimate.High <= Usable * card;

    // Memory grows with the number, so halving finds the largest.
    private static long Largest(Func<long, Workload> with, long card)
    {
        long fits = 0, tooLarge = Workload.Most + 1;
        while (tooLarge - fits > 1)
        {
            var middle = fits + ((tooLarge - fits) / 2);
            if (IsSure(with(middle).Estimate()!, card))
                fits = middle;
            else
                tooLarge = middle;
        }

        return fits;
    }
}
