namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>What the trainer found in a sample of the data; its measures are those of docs/rank.md.</summary>
internal sealed record DataSpectra
{
    private const int SmallestHint = 4, LargestHint = 128;

    // An effective rank of the largest values alone would be that of how many there are.
    private const double WholeEnough = 0.99;

    /// <summary>How deep it looked: texts, embeddings or model.</summary>
    public required string Depth { get; init; }

    /// <summary>Decided which rows were drawn.</summary>
    public required long Seed { get; init; }

    /// <summary>The rank of every module that a shared-out budget has on the average.</summary>
    public required long AverageRank { get; init; }

    /// <summary>Rows of the data.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that were drawn.</summary>
    public long Drawn { get; init; }

    /// <summary>Tokens of a row on the average; null without a tokenizer.</summary>
    public double? TokensPerRow { get; init; }

    /// <summary>Those that are trained on; null without a tokenizer.</summary>
    public double? AnswerTokensPerRow { get; init; }

    /// <summary>The base model's loss on the sample, nats for a target; null when it did not run.</summary>
    public double? BaseLoss { get; init; }

    /// <summary>The spectra.</summary>
    public IReadOnlyList<MeasuredSpectrum> Spectra { get; init; } = [];

    /// <summary>The ranks of modules, by EVA and by GoRA.</summary>
    public IReadOnlyList<ModuleRank> ModuleRanks { get; init; } = [];

    /// <summary>What the trainer warns of.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>
    /// The spectrum's effective rank as a rank: an eighth of that of a gradient (the median over the modules), else a sixteenth of that of
    /// the rows; the next power of two between 4 and 128. A proposal of LoraLint's own that no source backs. Null where all rows are alike.
    /// </summary>
    public long? Hint
    {
        get
        {
            var gradients = Spectra.Where(s => s is { Of: "gradients", Covered: >= WholeEnough })
                .Select(s => s.EffectiveRank).Where(r => r > 0).Order().ToList();
            double? rank = gradients.Count > 0 ? gradients[gradients.Count / 2] / 8
                : Spectra.FirstOrDefault(s => s.Module is null) is { EffectiveRank: > 0 and var of } ? of / 16 : null;
            return rank is { } found ? TaskRank.PowerOfTwo((long)Math.Ceiling(Math.Clamp(found, SmallestHint, LargestHint))) : null;
        }
    }

    /// <summary>The ranks that one way gives, in the order of the model.</summary>
    public IReadOnlyList<ModuleRank> RanksBy(string way) => [.. ModuleRanks.Where(m => m.By == way)];
}

/// <summary>A spectrum's measures.</summary>
/// <param name="Of">texts, embeddings, activations or gradients.</param>
/// <param name="Module">The module, or null for the data as a whole.</param>
/// <param name="Rows">Rows of the matrix.</param>
/// <param name="Columns">Columns of the matrix.</param>
/// <param name="K90">Directions that hold 90 % of the energy; null when that is more than were computed.</param>
/// <param name="K95">95 %.</param>
/// <param name="K99">99 %.</param>
/// <param name="EffectiveRank">After Roy and Vetterli.</param>
/// <param name="StableRank">The energy over that of the first direction.</param>
/// <param name="ParticipationRatio">The squared sum of squares over the sum of fourth powers.</param>
/// <param name="Covered">The share of the energy in the directions that were computed.</param>
internal sealed record MeasuredSpectrum(
    string Of, string? Module, long Rows, long Columns, long? K90, long? K95, long? K99, double EffectiveRank, double StableRank,
    double ParticipationRatio, double Covered);

/// <summary>A module's rank.</summary>
/// <param name="By">eva or gora.</param>
/// <param name="Module">Its full name.</param>
/// <param name="Rank">The rank; 0 for no adapter.</param>
/// <param name="Importance">GoRA's, or null.</param>
internal sealed record ModuleRank(string By, string Module, long Rank, double? Importance);
