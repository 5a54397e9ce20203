using LoraLint.Advisor.Advice.Sweeps;

namespace LoraLint.Tests.Advice.Sweeps;

public sealed class SearchTests
{
    private static readonly SweepSetting s_rate = SweepSetting.Parse("learning_rate=1e-5..1e-3"),
        s_dropout = SweepSetting.Parse("dropout=0..0.2");

    private static readonly Dictionary<string, ISweepSearch> s_searches = new()
    {
        ["ranks"] = new RankSearch([2, 4, 8, 16, 32, 64], 100, 42, 2),
        ["ranks, tried again"] = new RankSearch([2, 4, 8, 16, 32, 64], 100, 42, 2, 1e-3),
        ["grid"] = new GridSearch([SweepSetting.Parse("rank=4,8"), SweepSetting.Parse("dropout=0,0.05,0.1")], 42, null),
        ["random"] = new RandomSearch([s_rate, s_dropout], 42, 100, 12),
        ["bayes"] = new BayesianSearch([s_rate, s_dropout], 42, 100, 14),
        ["halving"] = new HalvingSearch([s_rate, s_dropout], 42, 160, 12),
    };

    public static TheoryData<string> Names => [.. s_searches.Keys];

    // A kill loses the trials that were under way and nothing else.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_search_that_was_killed_at_any_moment_comes_to_the_same(string name)
    {
        var whole = Run(s_searches[name], () => false, out var verdict);
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var killed = Run(s_searches[name], () => random.Next(3) == 0, out var other);
            Assert.Equal(whole.Keys.Order(StringComparer.Ordinal), killed.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(verdict.Values, other.Values);
            Assert.Equal(verdict.Words, other.Words);
        }
    }

    [Fact]
    public void Ranks_are_scanned_refined_and_confirmed()
    {
        var search = s_searches["ranks"];
        var done = new Dictionary<string, TrialResult>(StringComparer.Ordinal);
        var stages = new List<(string Stage, List<int> Ranks)>();
        while (search.Next(done) is { Count: > 0 } batch)
        {
            stages.Add((batch[0].Stage, [.. batch.Select(t => (int)t.Values["rank"])]));
            foreach (var trial in batch)
                done[trial.Id] = Result(trial);
        }

        Assert.Equal(["scan", "refine", "confirm"], stages.Select(s => s.Stage));
        Assert.Equal([2, 4, 8, 16, 32, 64], stages[0].Ranks);
        Assert.Equal([12, 20, 24], stages[1].Ranks);
        Assert.Equal(4, stages[2].Ranks.Count);
        Assert.Equal(2, stages[2].Ranks.Distinct().Count());
        var verdict = search.Judge(done);
        Assert.InRange(verdict.Rank!.Value, 12, 24);
        Assert.All(done.Values.Where(t => t.Stage == "confirm"), t => Assert.Contains("full", t.Id, StringComparison.Ordinal));
    }

    [Fact]
    public void A_rank_that_was_unstable_is_tried_again_at_half_the_rate_which_counts_in_its_place()
    {
        var search = s_searches["ranks, tried again"];
        var done = new Dictionary<string, TrialResult>(StringComparer.Ordinal);
        var stages = new List<string>();
        while (search.Next(done) is { Count: > 0 } batch)
        {
            stages.Add(batch[0].Stage);
            foreach (var trial in batch)
            {
                // From rank 16 on the config's rate is too much, and what breaks says nothing of its rank.
                var isStable = trial.Values["rank"] < 16 || trial.Values.ContainsKey("learning_rate");
                done[trial.Id] = Result(trial) with { IsStable = isStable, Loss = isStable ? Loss(trial.Values) : 0.1 };
            }
        }

        Assert.Equal(["scan", "retry", "refine", "retry", "confirm"], stages);
        var again = done.Values.Where(t => t.Stage == "retry").ToList();
        Assert.Equal([16, 20, 24, 32, 64], again.Select(t => t.Values["rank"]).Order());
        Assert.All(again, t => Assert.Equal(0.0005, t.Values["learning_rate"]));
        var verdict = search.Judge(done);
        Assert.InRange(verdict.Rank!.Value, 16, 24);
        Assert.Equal(0.0005, verdict.Values["learning_rate"]);
        Assert.All(
            done.Values.Where(t => t.Stage == "confirm"), t => Assert.Equal(t.Values["rank"] >= 16, t.Values.ContainsKey("learning_rate")));
        Assert.Contains(
            verdict.Words, w => w.StartsWith("Rank 16, ", StringComparison.Ordinal) && w.Contains("half", StringComparison.Ordinal));
    }

    [Fact]
    public void What_could_not_start_is_not_tried_again()
    {
        var search = s_searches["ranks, tried again"];
        var done = new Dictionary<string, TrialResult>(StringComparer.Ordinal);
        foreach (var trial in search.Next(done))
        {
            done[trial.Id] = trial.Values["rank"] > 32
                ? Result(trial) with { IsStable = false, Loss = null, Steps = 0, Failure = "too large for the module" } : Result(trial);
        }

        Assert.All(search.Next(done), t => Assert.Equal("refine", t.Stage));
    }

    [Fact]
    public void A_grid_tries_every_combination_once()
    {
        var done = Run(s_searches["grid"], () => false, out var verdict);
        Assert.Equal(6, done.Count);
        Assert.Equal(0.0, verdict.Values["dropout"]);
    }

    [Fact]
    public void A_Bayesian_search_comes_nearer_than_chance_with_as_many_trials()
    {
        var better = 0;
        for (var seed = 0; seed < 20; seed++)
        {
            Run(new BayesianSearch([s_rate, s_dropout], seed, 100, 16), () => false, out var bayes);
            Run(new RandomSearch([s_rate, s_dropout], seed, 100, 16), () => false, out var random);
            better += Loss(bayes.Values) <= Loss(random.Values) ? 1 : 0;
        }

        Assert.InRange(better, 16, 20);
    }

    [Fact]
    public void Halving_stops_losers_early_and_trains_the_winner_to_the_end()
    {
        var done = Run(s_searches["halving"], () => false, out var verdict);
        Assert.Equal([12, 6, 3, 2], done.Values.GroupBy(r => r.Steps).OrderBy(g => g.Key).Select(g => g.Count()));
        Assert.Equal(verdict.Values, done.Values.Where(r => r.Steps == 160).MinBy(r => r.Loss)!.Values);
        Assert.Equal(12, done.Values.Select(r => r.Id.Split("-to=")[0]).Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Where_all_fails_nothing_is_taken(string name)
    {
        var done = new Dictionary<string, TrialResult>(StringComparer.Ordinal);
        for (var i = 0; i < 100 && s_searches[name].Next(done) is { Count: > 0 } batch; i++)
        {
            foreach (var trial in batch)
                done[trial.Id] = Result(trial) with { Loss = null, IsStable = false, Failure = "no" };
        }

        Assert.Empty(s_searches[name].Next(done));
        var verdict = s_searches[name].Judge(done);
        Assert.Empty(verdict.Values);
        Assert.NotEmpty(verdict.Words);
    }

    [Fact]
    public void What_explains_the_differences_is_told()
    {
        var done = Run(new RandomSearch([s_rate, s_dropout], 1, 100, 40), () => false, out _);
        var importance = Importance.Of([s_rate, s_dropout], [.. done.Values.Select(r => r with { Loss = r.Values["dropout"] + 1 })]);
        Assert.Equal(["dropout", "learning_rate"], importance.Select(i => i.Name));
        Assert.InRange(importance[0].Share, 0.85, 1);
        Assert.InRange(importance[1].Share, 0, 0.3);
        Assert.Empty(Importance.Of([s_rate], [.. done.Values]));
    }

    private static Dictionary<string, TrialResult> Run(ISweepSearch search, Func<bool> isKilled, out SweepVerdict verdict)
    {
        var done = new Dictionary<string, TrialResult>(StringComparer.Ordinal);
        for (var batches = 0; search.Next(done) is { Count: > 0 } batch; batches++)
        {
            Assert.True(batches < 10_000);
            foreach (var trial in batch)
            {
                if (isKilled())
                    break;
                done[trial.Id] = Result(trial);
            }
        }

        verdict = search.Judge(done);
        return done;
    }

    private static TrialResult Result(Trial trial) => new()
    {
        Id = trial.Id, Stage = trial.Stage, Values = trial.Values, Seed = trial.Seed,
        Loss = Loss(trial.Values) + (0.0005 * (trial.Seed - 42)), Steps = trial.StopAt ?? trial.Steps ?? 1000,
    };

    // Falls to rank 16; best at a rate of 2e-4 and without dropout.
    private static double Loss(SortedDictionary<string, double> values)
    {
        var loss = 1.0;
        if (values.TryGetValue("rank", out var rank))
            loss += Math.Max(0, Math.Log2(16 / rank)) * 0.1;
        if (values.TryGetValue("learning_rate", out var rate))
            loss += 0.2 * Math.Pow(Math.Log10(rate / 2e-4), 2);
        return values.TryGetValue("dropout", out var dropout) ? loss + dropout : loss;
    }
}
