using LoraLint.Trainer.Spectra;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class RankAllocationTests
{
    [Fact]
    public void Equal_importance_of_equal_modules_gives_the_same_rank()
    {
        var modules = Enumerable.Range(0, 12).Select(i => new WeightedImportance($"m{i}", 64, 48, 0.5)).ToList();
        foreach (var rank in new[] { 1, 2, 5, 8, 16 })
            Assert.All(RankAllocation.Share(modules, rank), r => Assert.Equal(rank, r));
    }

    [Fact]
    public void Without_any_importance_every_module_gets_the_same_rank() =>
        Assert.Equal([4, 4], RankAllocation.Share([new("a", 30, 30, 0), new("b", 30, 30, 0)], 4));

    // The budget of GoRA: 8 (sqrt(128) + sqrt(128)) shared 3 to 1 is 12 and 4.
    [Fact]
    public void Shares_are_those_of_the_importance() =>
        Assert.Equal([12, 4], RankAllocation.Share([new("a", 64, 64, 3), new("b", 64, 64, 1)], 8));

    [Fact]
    public void The_budget_is_held_used_up_and_nobody_gets_less_than_half_or_more_than_four_times()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var rank = random.Next(1, 40);
            var modules = Enumerable.Range(0, random.Next(1, 30)).Select(i => new WeightedImportance(
                $"m{i}", random.Next(1, 300), random.Next(1, 300), Math.Pow(10, -4 * random.NextDouble()))).ToList();
            var ranks = RankAllocation.Share(modules, rank);
            var budget = modules.Sum(m => (long)rank * (m.Inputs + m.Outputs));
            var left = budget - modules.Select((m, i) => (long)ranks[i] * (m.Inputs + m.Outputs)).Sum();
            Assert.True(left >= 0);
            for (var i = 0; i < ranks.Length; i++)
            {
                var most = Math.Min(4 * rank, Math.Min(modules[i].Inputs, modules[i].Outputs));
                Assert.InRange(ranks[i], Math.Min(most, Math.Max(1, rank / 2)), most);
                Assert.True(ranks[i] == most || left < modules[i].Inputs + modules[i].Outputs);
            }
        }
    }

    [Fact]
    public void Of_modules_of_a_size_the_more_important_one_never_gets_less()
    {
        var random = new Random(8);
        var modules = Enumerable.Range(0, 20).Select(i => new WeightedImportance($"m{i}", 100, 60, random.NextDouble())).ToList();
        var ranks = RankAllocation.Share(modules, 8);
        var byImportance = Enumerable.Range(0, 20).OrderBy(i => modules[i].Importance).Select(i => ranks[i]).ToList();
        // The last rank may fit one module and not the next.
        Assert.All(byImportance.Zip(byImportance.Skip(1)), pair => Assert.True(pair.Second >= pair.First - 1));
        Assert.True(byImportance[^1] > byImportance[0]);
    }
}
