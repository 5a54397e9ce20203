using LoraLint.Advisor.Advice.Curves;

namespace LoraLint.Tests.Advice.Curves;

/// <summary>
/// Losses over doubled ranks drawn at random with a known elbow: below it each doubling gains, by one of three laws; above it nothing
/// more comes, or next to nothing, or the loss rises as larger adapters overfit. Each loss has the noise of one seed.
/// </summary>
internal sealed class SyntheticRanks
{
    // The last doubling below the elbow gains at least this, and so many times the noise: else nobody could say where it is.
    private const double LeastGain = 0.01;
    private const double LeastGainInNoise = 3;

    private readonly Random _random;

    private SyntheticRanks(int seed)
    {
        _random = new Random(seed);
        var first = 1 << _random.Next(0, 4);
        var count = _random.Next(4, 9);
        var ranks = Enumerable.Range(0, count).Select(i => first << i).ToArray();
        var noise = LogBetween(0.001, 0.007);
        var shape = _random.Next(3);
        var at = _random.Next(count);
        Elbow = ranks[at];
        double[] fall;
        double height;
        do
        {
            height = LogBetween(0.02, 0.6);
            var ratio = Between(0.6, 1);
            fall = [.. Enumerable.Range(0, count).Select(i => i >= at ? 0 : shape switch
            {
                0 => (double)(at - i) / at, // the same gain with each doubling
                1 => (1 - (double)ranks[i] / Elbow) / (1 - (double)ranks[0] / Elbow), // the rank covers so many of the task's directions
                _ => Sum(ratio, i, at) / Sum(ratio, 0, at), // smaller gains with each doubling
            })];
        }
        while (at > 0 && height * fall[at - 1] < Math.Max(LeastGain, LeastGainInNoise * noise));
        var residue = Between(0, 0.003);
        var overfits = _random.NextDouble() < 0.2 ? Between(0.003, 0.03) : 0;
        var unstable = _random.NextDouble() < 0.15 ? _random.Next(count) : -1;
        if (unstable <= at)
            unstable = -1;
        var knowsNoise = _random.NextDouble() < 0.5;
        var level = Between(0.3, 2.5);
        Trials =
        [
            .. ranks.Select((rank, i) =>
            {
                var smooth = level * (1 + height * fall[i] + Math.Max(0, i - at) * overfits
                    + residue * Math.Max(0, count - 1 - Math.Max(i, at)) / Math.Max(1, count - 1 - at));
                return new RankTrial(rank, smooth * (1 + noise * Normal()) * (i == unstable ? Between(1.05, 3) : 1))
                {
                    StandardError = knowsNoise ? level * noise * Between(0.7, 1.4) : null,
                    IsStable = i != unstable,
                    IsOverfitting = overfits > 0 && i > at,
                };
            }),
        ];
        Story = FormattableString.Invariant($"elbow {Elbow}, shape {shape}, height {height:P1}, noise {noise:P2}")
            + FormattableString.Invariant($"{(knowsNoise ? " known" : "")}, rises {overfits:P1}, unstable {unstable}: ")
            + string.Join(" ", Trials.Select(t => FormattableString.Invariant($"{t.Rank}:{t.ValidationLoss:0.0000}")));
    }

    /// <summary>The smallest rank that gives all there is to gain.</summary>
    public int Elbow { get; }

    /// <summary>What the trials gave.</summary>
    public IReadOnlyList<RankTrial> Trials { get; }

    /// <summary>For people who look at a miss.</summary>
    public string Story { get; }

    /// <summary>Draws a case.</summary>
    /// <param name="seed">The same seed gives the same case.</param>
    public static SyntheticRanks Of(int seed) => new(seed);

    private static double Sum(double ratio, int from, int to) => Enumerable.Range(from, to - from).Sum(i => Math.Pow(ratio, i));

    private double Between(double low, double high) => low + (high - low) * _random.NextDouble();

    private double LogBetween(double low, double high) => low * Math.Pow(high / low, _random.NextDouble());

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}
