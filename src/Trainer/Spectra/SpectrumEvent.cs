using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Spectra;

/// <summary>What is looked at, and how.</summary>
/// <param name="RunFile">A file with the run.</param>
/// <param name="Depth">texts, embeddings or model.</param>
/// <param name="MayBeLess">Whether it is looked less deep where model or tokenizer cannot be read.</param>
/// <param name="Rows">Rows that are drawn at most, 2 or more.</param>
/// <param name="Seed">Decides which rows, and where iterations start.</param>
/// <param name="Threads">Threads that compute; the result does not depend on it.</param>
internal sealed record SpectrumRequest(string RunFile, string Depth, bool MayBeLess, int Rows, long Seed, int Threads);

/// <summary>The rows that were looked at.</summary>
/// <param name="Rows">Rows of all files.</param>
/// <param name="Drawn">Those that were drawn and hold something.</param>
/// <param name="TokensPerRow">Tokens of a drawn row on the average, or null without a tokenizer.</param>
/// <param name="AnswerTokensPerRow">Those of them that are trained on, or null.</param>
internal sealed record SampleEvent(long Rows, int Drawn, double? TokensPerRow, double? AnswerTokensPerRow) : RunEvent("sample");

/// <summary>A spectrum; the measures are those of <see cref="Spectrum"/>.</summary>
/// <param name="Of">texts, embeddings, activations or gradients.</param>
/// <param name="Module">The module, or null for the data as a whole.</param>
internal sealed record SpectrumEvent(
    string Of, string? Module, int Rows, int Columns, int? K90, int? K95, int? K99, double EffectiveRank, double StableRank,
    double ParticipationRatio, double Covered) : RunEvent("spectrum")
{
    /// <summary>The event of a spectrum.</summary>
    public static SpectrumEvent Make(string of, string? module, Spectrum spectrum) => new(
        of, module, spectrum.Rows, spectrum.Columns, spectrum.EnergyRank(0.90), spectrum.EnergyRank(0.95), spectrum.EnergyRank(0.99),
        spectrum.EffectiveRank, spectrum.StableRank, spectrum.ParticipationRatio, spectrum.Covered);
}

/// <summary>A module's rank by one of the ways to share ranks out.</summary>
/// <param name="By">eva or gora.</param>
/// <param name="Module">The module.</param>
/// <param name="Rank">Its rank; 0 for no adapter.</param>
/// <param name="Importance">GoRA's importance, or null.</param>
internal sealed record ModuleRankEvent(string By, string Module, int Rank, double? Importance) : RunEvent("module_rank");

/// <summary>The base model's loss on the drawn rows, nats for a target.</summary>
internal sealed record BaseLossEvent(double Loss) : RunEvent("base_loss");
