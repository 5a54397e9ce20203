using System.Globalization;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Knowledge.Guidance;

public sealed class AdvisorTableTests
{
    private static readonly List<string[]> s_cells =
        [.. File.ReadLines(Repository.PathTo("tests/Knowledge/Guidance/advisor-table.csv")).Skip(1).Select(l => l.Split(','))];

    // The 360 cells were worked out beforehand, value by value with its evidence.
    [Fact]
    public void Every_cell_of_the_table_comes_out()
    {
        Assert.Equal(360, s_cells.Count);
        Assert.All(s_cells, cell =>
        {
            var task = Enum.Parse<AdvisedTask>(cell[0]);
            var rows = long.Parse(cell[1], CultureInfo.InvariantCulture);
            var parameters = long.Parse(cell[2], CultureInfo.InvariantCulture) * 1_000_000_000;
            var method = Enum.Parse<AdvisedMethod>(cell[3]);
            var rank = AdvisorTable.RankOf(task, rows, parameters, method).Value;
            double[] found =
            [
                rank,
                AdvisorTable.AlphaOf(rank).Value,
                AdvisorTable.DropoutOf(task, rows, parameters).Value,
                AdvisorTable.LearningRateOf(task, rank, parameters, method).Value,
                AdvisorTable.WarmupOf(task, rows, method).Value,
                AdvisorTable.EpochsOf(task, rows).Value,
                AdvisorTable.BatchOf(task, rows, parameters).Value,
                AdvisorTable.WeightDecayOf(task).Value,
                AdvisorTable.MaxGradNormOf(method).Value,
            ];
            string[] expected = [.. cell[4..8], .. cell[9..]];
            Assert.Equal(expected.Select(e => double.Parse(e, CultureInfo.InvariantCulture)), found);
            Assert.Equal(cell[8], AdvisorTable.SchedulerOf(task).Value);
        });
    }

    [Theory]
    [InlineData(999, 8)]
    [InlineData(1_000, 16)]
    [InlineData(9_999, 16)]
    [InlineData(10_000, 32)]
    [InlineData(100_000, 64)]
    [InlineData(0, 8)]
    public void A_band_of_rows_begins_with_its_number(long rows, int rank) =>
        Assert.Equal(rank, AdvisorTable.RankOf(AdvisedTask.Instructions, rows, 8_000_000_000, AdvisedMethod.Lora).Value);

    [Fact]
    public void Every_advice_has_a_reason_and_a_source()
    {
        foreach (var task in Enum.GetValues<AdvisedTask>())
        {
            foreach (var method in Enum.GetValues<AdvisedMethod>())
            {
                (string Reason, string Source)[] advice =
                [
                    Of(AdvisorTable.RankOf(task, 5_000, 8_000_000_000, method)), Of(AdvisorTable.AlphaOf(16)),
                    Of(AdvisorTable.LearningRateOf(task, 16, 8_000_000_000, method)), Of(AdvisorTable.EpochsOf(task, 5_000)),
                    Of(AdvisorTable.DropoutOf(task, 5_000, 8_000_000_000)), Of(AdvisorTable.SchedulerOf(task)),
                    Of(AdvisorTable.WarmupOf(task, 5_000, method)), Of(AdvisorTable.BatchOf(task, 5_000, 8_000_000_000)),
                    Of(AdvisorTable.WeightDecayOf(task)), Of(AdvisorTable.MaxGradNormOf(method)),
                ];
                Assert.All(advice, a => Assert.True(a.Reason.Length > 0 && a.Source.Length > 0));
            }
        }

        static (string, string) Of<T>(Advised<T> advised) => (advised.Reason, advised.Source);
    }
}
