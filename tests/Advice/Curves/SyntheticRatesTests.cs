using System.Globalization;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Curves;

/// <summary>
/// How often the tests find what was drawn. The first seeds were looked at while the tests were made, the others were not.
/// </summary>
public sealed class SyntheticRatesTests(ITestOutputHelper output)
{
    private const int Runs = 1000;
    private const int Sweeps = 1000;
    private const int Tuning = 0;
    private const int KeptOut = 1_000_000;
    private const double LeastRecall = 0.95;
    private const double MostFalseAlarms = 0.05;

    [Fact]
    public void Divergence_overfitting_and_elbows_are_found_in_drawn_cases()
    {
        var table = "| | drawn | found | recall | others | false alarms | share |\n|---|---|---|---|---|---|---|\n";
        var elbows = "| | drawn | within a doubling | share | called uncertain | right when certain |\n|---|---|---|---|---|---|\n";
        foreach (var (name, first) in new[] { ("tuning seeds", Tuning), ("seeds kept out", KeptOut) })
        {
            var (divergence, overfitting) = Rates(first);
            table += divergence.Row("divergence, " + name) + overfitting.Row("overfitting, " + name);
            var elbow = Elbows(first);
            elbows += elbow.Row("elbow, " + name);
            output.WriteLine(table + elbows);
            Assert.All([divergence, overfitting], rate =>
            {
                Assert.InRange(rate.Recall, LeastRecall, 1);
                Assert.InRange(rate.FalseAlarms, 0, MostFalseAlarms);
            });
            Assert.InRange(elbow.Share, LeastRecall, 1);
        }

        GeneratedPart.Check("docs/diagnose.md", "rates", table + "\n" + elbows);
    }

    [Theory]
    [InlineData(SyntheticKind.Diverging)]
    [InlineData(SyntheticKind.Overfitting)]
    public void The_step_that_is_named_is_near_the_one_that_was_drawn(object kind)
    {
        var diverges = (SyntheticKind)kind == SyntheticKind.Diverging;
        var apart = Enumerable.Range(Tuning, Runs).Select(SyntheticRun.Of).Where(r => r.Kind == (SyntheticKind)kind)
            .Select(r => (Run: r, Found: Diagnosis.Of(r.Curves)))
            .Select(r => (r.Run, Step: diverges ? r.Found.Divergence?.Step : r.Found.Overfitting?.Step))
            .Where(r => r.Step is not null).Select(r => Math.Abs(r.Step!.Value - r.Run.Onset) / (double)r.Run.Steps).ToList();
        Assert.InRange(RobustStatistics.Median(apart), 0, 0.1);
    }

    private static (Rate Divergence, Rate Overfitting) Rates(int first)
    {
        var (divergence, overfitting) = (new Rate(), new Rate());
        for (var seed = first; seed < first + Runs; seed++)
        {
            var run = SyntheticRun.Of(seed);
            var found = Diagnosis.Of(run.Curves);
            divergence.Count(run.Kind == SyntheticKind.Diverging, found.Divergence is not null);
            overfitting.Count(run.Kind == SyntheticKind.Overfitting, found.Overfitting is not null);
        }

        return (divergence, overfitting);
    }

    private static ElbowRate Elbows(int first)
    {
        var rate = new ElbowRate();
        for (var seed = first; seed < first + Sweeps; seed++)
        {
            var drawn = SyntheticRanks.Of(seed);
            var found = RankAnalysis.Of(drawn.Trials);
            rate.Count(found.Chosen * 2 >= drawn.Elbow && found.Chosen <= 2 * drawn.Elbow, found.IsUncertain);
        }

        return rate;
    }

    private static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private sealed class Rate
    {
        private int _hits;
        private int _misses;
        private int _alarms;
        private int _silences;

        public double Recall => (double)_hits / (_hits + _misses);

        public double FalseAlarms => (double)_alarms / (_alarms + _silences);

        public void Count(bool isDrawn, bool isFound)
        {
            _hits += isDrawn && isFound ? 1 : 0;
            _misses += isDrawn && !isFound ? 1 : 0;
            _alarms += !isDrawn && isFound ? 1 : 0;
            _silences += !isDrawn && !isFound ? 1 : 0;
        }

        public string Row(string name) => string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {_hits + _misses} | {_hits} | {Percent(Recall)} | {_alarms + _silences} | {_alarms} | {Percent(FalseAlarms)} |\n");
    }

    private sealed class ElbowRate
    {
        private int _right;
        private int _count;
        private int _uncertain;
        private int _rightWhenCertain;

        public double Share => (double)_right / _count;

        public void Count(bool isRight, bool isUncertain)
        {
            _count++;
            _right += isRight ? 1 : 0;
            _uncertain += isUncertain ? 1 : 0;
            _rightWhenCertain += isRight && !isUncertain ? 1 : 0;
        }

        public string Row(string name) => string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {_count} | {_right} | {Percent(Share)} | {_uncertain} ")
            + $"| {Percent((double)_rightWhenCertain / (_count - _uncertain))} |\n";
    }
}
