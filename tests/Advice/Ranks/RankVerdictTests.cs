using LoraLint.Advisor.Advice.Ranks;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Tests.Advice.Ranks;

public sealed class RankVerdictTests
{
    // Llama-3.1-8B, every linear layer: 2,621,440 parameters a rank, 1 bit a token.
    [Theory]
    [InlineData(10_000, 300, 1)]
    [InlineData(1_000_000, 500, 96)]
    [InlineData(1, 1, 1)]
    [InlineData(1_000_000_000_000, 1e9, 190_734_863_281_250_000)]
    public void The_data_needs_a_rank_by_its_bits(long rows, double tokens, long rank) =>
        Assert.Equal(Math.Min(rank, (1L << 40)), CapacityFloor.OfAnswers(rows, tokens, 1, 2_621_440).Rank);

    [Fact]
    public void A_known_loss_and_episodes_have_bits_of_their_own()
    {
        Assert.Equal(191, CapacityFloor.OfAnswers(1_000_000, 500, 2, 2_621_440).Rank);
        var episodes = CapacityFloor.OfEpisodes(10_000_000, 1_000_000);
        Assert.Equal((5L, 10_000_000.0, (double?)null), (episodes.Rank, episodes.Bits, episodes.BitsPerToken));
    }

    [Theory]
    [InlineData(8, null, null, 8, "the table")]
    [InlineData(8, 3L, null, 8, "the table")]
    [InlineData(8, 8L, null, 8, "the table")]
    [InlineData(8, 9L, null, 16, "the capacity floor")]
    [InlineData(64, 96L, null, 128, "the capacity floor")]
    [InlineData(64, 96L, 48L, 48, "half of the narrowest weight")]
    [InlineData(64, null, 32L, 32, "half of the narrowest weight")]
    [InlineData(4, null, 2048L, 4, "the table")]
    public void A_task_takes_what_is_usual_and_no_less_than_its_data_needs(int usual, long? floor, long? largest, long rank, string by)
    {
        var task = Task(usual, floor, largest);
        Assert.Equal((rank, by), (task.Rank, task.DecidedBy));
    }

    [Theory]
    [InlineData("", 8)]
    [InlineData("facts", 8)]
    [InlineData("facts facts", 8)]
    [InlineData("facts reasoning", 16)]
    [InlineData("facts reasoning base-model", 32)]
    [InlineData("facts reasoning base-model many-tasks", 64)]
    [InlineData("facts reasoning base-model many-tasks long-answers", 64)]
    public void Traits_are_counted(string traits, int rank) =>
        Assert.Equal(rank, TaskRank.OfTraits(traits.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Value);

    [Fact]
    public void Trials_beat_what_is_usual_and_the_floor()
    {
        var verdict = RankVerdict.Of(Task(64, 96, null), null, null, new SweptRank(8, false, "s"))!;
        Assert.Equal((8L, "sweep"), (verdict.Rank, verdict.DecidedBy));
        Assert.Contains(verdict.Disagreements, d => d.Contains("usually take 64", StringComparison.Ordinal));
        Assert.Contains(verdict.Disagreements, d => d.Contains("capacity floor is 96", StringComparison.Ordinal)
            && d.Contains("trials saw", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(16, 16L, 16, "task")]
    [InlineData(16, 100L, 16, "task")]
    [InlineData(16, 15L, 12, "budget")]
    [InlineData(16, 19L, 16, "task")]
    [InlineData(128, 19L, 16, "budget")]
    public void A_budget_is_a_ceiling(int usual, long largest, long rank, string by)
    {
        var verdict = RankVerdict.Of(Task(usual, null, null), Budget(largest), null, null)!;
        Assert.Equal((rank, by), (verdict.Rank, verdict.DecidedBy));
        Assert.Empty(verdict.Disagreements);
    }

    [Fact]
    public void A_budget_below_the_floor_or_the_trials_is_told()
    {
        var verdict = RankVerdict.Of(Task(8, 60, null), Budget(19), null, null)!;
        Assert.Equal((16L, "budget"), (verdict.Rank, verdict.DecidedBy));
        Assert.Contains("the capacity floor is 60: at 16", Assert.Single(verdict.Disagreements), StringComparison.Ordinal);
        verdict = RankVerdict.Of(null, Budget(19), null, new SweptRank(64, true, "s"))!;
        Assert.Equal((16L, "budget"), (verdict.Rank, verdict.DecidedBy));
        Assert.Equal(2, verdict.Disagreements.Count);
    }

    [Theory]
    [InlineData(16, 8 * 16, false)]
    [InlineData(16, 4 * 16, true)]
    [InlineData(16, 32 * 16, false)]
    [InlineData(16, 64 * 16, true)]
    public void A_spectrum_changes_nothing_and_is_told_when_it_is_far_off(int usual, double effective, bool isTold)
    {
        var verdict = RankVerdict.Of(Task(usual, null, null), null, Spectra("embeddings", effective), null)!;
        Assert.Equal((16L, "task"), (verdict.Rank, verdict.DecidedBy));
        Assert.Equal(isTold, verdict.Disagreements.Any(d => d.Contains("the data's spectrum hints", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("embeddings", 16 * 20, 32)]
    [InlineData("texts", 16 * 20, 32)]
    [InlineData("gradients", 8 * 20, 32)]
    [InlineData("gradients", 1, 4)]
    [InlineData("embeddings", 1e6, 128)]
    [InlineData("embeddings", 16 * 8, 8)]
    public void Effective_ranks_are_hints_between_4_and_128(string of, double effective, long hint)
    {
        var data = Spectra(of, effective);
        Assert.Equal(hint, data.Hint);
        var verdict = RankVerdict.Of(null, null, data, null)!;
        Assert.Equal((hint, "data"), (verdict.Rank, verdict.DecidedBy));
    }

    [Fact]
    public void Gradients_hint_rather_than_embeddings_and_by_their_median()
    {
        var data = Spectra("embeddings", 1600) with
        {
            Spectra =
            [
                .. Spectra("embeddings", 1600).Spectra,
                .. new double[] { 0, 30, 64, 900 }.Select((r, i) => Spectrum("gradients", $"m{i}", r)),
            ],
        };
        Assert.Equal(8, data.Hint);
    }

    [Fact]
    public void A_gradient_of_which_the_largest_values_alone_are_known_hints_at_nothing()
    {
        var data = Spectra("embeddings", 16 * 20);
        data = data with { Spectra = [.. data.Spectra, Spectrum("gradients", "m", 100) with { Covered = 0.9 }] };
        Assert.Equal(32, data.Hint);
    }

    [Fact]
    public void Rows_that_are_all_alike_hint_at_nothing()
    {
        Assert.Null(Spectra("embeddings", 0).Hint);
        Assert.Null(RankVerdict.Of(null, null, Spectra("texts", 0), null));
        Assert.Equal("budget", RankVerdict.Of(null, Budget(9), Spectra("texts", 0), null)!.DecidedBy);
    }

    [Fact]
    public void Whatever_methods_say_the_rank_is_at_least_one_and_within_the_budget()
    {
        var random = new Random(11);
        for (var round = 0; round < 500; round++)
        {
            var task = random.Next(4) == 0 ? null : Task(1 << random.Next(9), random.Next(2) == 0 ? null : random.Next(1, 900),
                random.Next(2) == 0 ? null : random.Next(1, 2000));
            var budget = random.Next(2) == 0 ? null : Budget(random.Next(1, 300));
            var data = random.Next(2) == 0 ? null : Spectra("embeddings", random.Next(0, 4000));
            var sweep = random.Next(3) > 0 ? null : new SweptRank(random.Next(1, 256), random.Next(2) == 0, "s");
            if (RankVerdict.Of(task, budget, data, sweep) is not { } verdict)
            {
                Assert.True(task is null && budget is null && sweep is null && data?.Hint is null);
                continue;
            }

            Assert.True(verdict.Rank >= 1 && (budget is null || verdict.Rank <= budget.Largest));
            if (budget is null && sweep is null && task is { Floor: { } floor, Largest: null })
                Assert.True(verdict.Rank >= floor.Rank);
            Assert.Equal(verdict, RankVerdict.Of(task, budget, data, sweep)! with { Disagreements = verdict.Disagreements });
        }
    }

    private static TaskRank Task(int usual, long? floor, long? largest) => new(
        new Advised<int>(usual, "usual", "somebody"), floor is { } rank ? new CapacityFloor(rank, 1, 1, 1) : null, largest);

    private static ParameterBudget Budget(long largest) => new(largest * 1000, 0, 1000, largest, ParameterBudget.RoundDown(largest));

    private static DataSpectra Spectra(string of, double effective) => new()
    {
        Depth = of == "gradients" ? "model" : of, Seed = 42, AverageRank = 16,
        Spectra = [Spectrum(of, of == "gradients" ? "m" : null, effective)],
    };

    private static MeasuredSpectrum Spectrum(string of, string? module, double effective) =>
        new(of, module, 10, 10, 1, 1, 1, effective, 1, 1, 1);
}
