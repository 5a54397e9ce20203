using LoraLint.Advisor.Advice.Curves;

namespace LoraLint.Tests.Advice.Curves;

/// <summary>What a drawn run is.</summary>
internal enum SyntheticKind
{
    Healthy,
    Plateau,
    StillFalling,
    Diverging,
    Overfitting,
}

/// <summary>
/// A run drawn at random whose truth is known, as its curves are made of a smooth part and noise. The smooth training loss is a power law
/// of the learning done so far; on it come warmup, warm restarts, steps at epochs, divergence; the validation loss follows it with a gap,
/// and rises from some step on when the run overfits. The noise is normal or has heavy tails, may be correlated, and has spikes.
/// </summary>
internal sealed class SyntheticRun
{
    // A run overfits whose smooth validation loss ends at least so far above its lowest evaluation.
    private const double LeastOverfitting = 0.03;

    private readonly Random _random;
    private readonly double[] _smooth;

    private SyntheticRun(int seed, SyntheticKind kind)
    {
        _random = new Random(seed);
        Kind = kind;
        Steps = (int)LogBetween(30, 5000);
        _smooth = new double[Steps];
        Draw();
    }

    /// <summary>What was drawn.</summary>
    public SyntheticKind Kind { get; }

    /// <summary>Optimizer steps.</summary>
    public int Steps { get; }

    /// <summary>The step from which on it diverges or overfits.</summary>
    public int Onset { get; private set; }

    /// <summary>The shape and sizes, for people who look at a miss.</summary>
    public string Story { get; private set; } = "";

    /// <summary>What the run logged.</summary>
    public RunCurves Curves { get; private set; } = new();

    /// <summary>Draws a run.</summary>
    /// <param name="seed">The same seed gives the same run.</param>
    public static SyntheticRun Of(int seed) => new(seed, (seed % 20) switch
    {
        < 6 => SyntheticKind.Healthy,
        6 or 7 => SyntheticKind.Plateau,
        8 or 9 => SyntheticKind.StillFalling,
        < 15 => SyntheticKind.Diverging,
        _ => SyntheticKind.Overfitting,
    });

    private void Draw()
    {
        var last = Between(0.3, 2.5);
        var first = last + (Kind == SyntheticKind.Plateau ? 0 : LogBetween(0.15, 4));
        var power = Kind == SyntheticKind.StillFalling ? Between(0.05, 0.2) : Between(0.4, 1.5);
        var scale = Math.Max(1, Steps * LogBetween(0.005, Kind == SyntheticKind.StillFalling ? 0.5 : 0.1));
        var warmup = Steps * Between(0, 0.1);
        var epochs = _random.Next(1, 6);
        var stairs = _random.NextDouble() < 0.2 ? Between(0.02, 0.1) : 0;
        var restarts = _random.NextDouble() < 0.2 ? _random.Next(1, 4) : 0;
        var (bump, recovery) = (Between(0.05, 0.3), Steps * Between(0.02, 0.05));
        var restartAt = Enumerable.Range(0, restarts).Select(_ => Steps * Between(0.15, 0.85)).ToArray();
        var done = 0.0;
        for (var step = 0; step < Steps; step++)
        {
            done += step < warmup ? (step + 1) / (warmup + 1) : 1;
            var loss = last + (first - last) * Math.Pow(1 + done / scale, -power);
            foreach (var at in restartAt)
                loss += step < at ? 0 : bump * loss * Math.Exp(-(step - at) / recovery);
            _smooth[step] = loss * (1 - stairs * Math.Floor((double)epochs * step / Steps));
        }

        var noise = LogBetween(0.01, 0.2);
        Story = FormattableString.Invariant(
            $"{Kind}, {Steps} steps, noise {noise:P1}, loss {first:0.##} to {last:0.##}, {restarts} restarts, ");
        var validation = (double[])_smooth.Clone();
        if (Kind == SyntheticKind.Diverging)
        {
            Diverge();
            validation = (double[])_smooth.Clone();
        }

        var every = Steps < 200 || _random.NextDouble() < 0.5 ? 1 : _random.Next(2, Math.Max(3, Steps / 60));
        Evaluate(validation, epochs);
        Log(noise, every);
    }

    private void Diverge()
    {
        Onset = (int)(Steps * Between(0.15, 0.85));
        var shape = _random.Next(5);
        var low = _smooth.Take(Onset + 1).Min();
        var rise = low * LogBetween(0.15, shape == 0 ? 20 : 5);
        var left = Steps - Onset;
        Story += FormattableString.Invariant($"diverges at {Onset} by {rise / low:P0} in shape {shape}");
        for (var step = Onset; step < Steps; step++)
        {
            var share = (step - Onset + 1.0) / left;
            _smooth[step] = Math.Max(_smooth[step], low) + rise * shape switch
            {
                0 => (Math.Exp(5 * share) - 1) / (Math.Exp(5) - 1), // explodes
                1 => 1, // jumps and stays
                2 => share, // creeps
                3 => 1 - Math.Exp(-6 * share), // climbs to a new level
                _ => 1.3 - 0.3 * share, // jumps and comes back a little
            };
        }

        if (shape == 0 && _random.NextDouble() < 0.3)
            Array.Fill(_smooth, double.NaN, Steps - Math.Max(1, left / 3), Math.Max(1, left / 3));
    }

    private void Evaluate(double[] smooth, int epochs)
    {
        var count = _random.NextDouble() < 0.15 && epochs >= 3 ? epochs : (int)LogBetween(4, Math.Min(60, Steps / 5.0));
        var at = Enumerable.Range(1, count).Select(i => (int)((long)i * Steps / count)).ToArray();
        var gap = Between(0, 0.2);
        var jitter = LogBetween(0.0005, 0.01);
        double[] truth;
        var rise = 0.0;
        for (var attempt = 0; ; attempt++)
        {
            truth = [.. at.Select(step => smooth[step - 1] * (1 + gap))];
            if (Kind != SyntheticKind.Overfitting)
                break;
            Onset = (int)(Steps * Between(0.1, 0.8));
            var shape = _random.Next(epochs > 2 ? 4 : 3);
            rise = LogBetween(0.04, 0.8);
            for (var i = 0; i < count; i++)
            {
                var share = Math.Max(0, at[i] - Onset) / (double)(Steps - Onset);
                truth[i] *= 1 + rise * shape switch
                {
                    0 => share,
                    1 => share * share,
                    2 => Math.Log(1 + 9 * share) / Math.Log(10), // fast at first
                    _ => Math.Ceiling(share * epochs) / epochs, // by epoch
                };
            }

            if (truth[^1] > truth.Min() * (1 + LeastOverfitting))
            {
                Story += FormattableString.Invariant($"overfits at {Onset} by {truth[^1] / truth.Min() - 1:P1} in shape {shape}, ");
                for (var step = Onset; step < Steps; step++)
                    _smooth[step] *= 1 - Math.Min(0.9, 2 * rise) * (step - Onset) / (Steps - Onset);
                break;
            }
        }

        Story += FormattableString.Invariant($"; {count} evaluations, jitter {jitter:P2}");
        var correlation = _random.NextDouble() < 0.2 ? Between(0.1, 0.4) : 0;
        var wild = _random.NextDouble() < 0.1 && count > 7 ? _random.Next(count - 2) : -1;
        var state = Normal();
        var points = new CurvePoint[count];
        for (var i = 0; i < count; i++)
        {
            points[i] = new CurvePoint(at[i], truth[i] * (1 + jitter * state + (i == wild ? Between(0.02, 0.2) : 0)));
            state = correlation * state + Math.Sqrt(1 - correlation * correlation) * Normal();
        }

        Curves = Curves with { ValidationLoss = points };
    }

    private void Log(double noise, int every)
    {
        var hasHeavyTails = _random.NextDouble() < 0.3;
        var correlation = _random.NextDouble() < 0.2 ? Between(0.1, 0.5) : 0;
        var spikes = _random.NextDouble() < 0.4 ? Between(0.001, 0.01) : 0;
        var points = new List<CurvePoint>();
        var (state, spike, sum) = (0.0, 0.0, 0.0);
        for (var step = 1; step <= Steps; step++)
        {
            var shock = hasHeavyTails ? StudentT4() / Math.Sqrt(2) : Normal();
            state = correlation * state + Math.Sqrt(1 - correlation * correlation) * shock;
            spike = _random.NextDouble() < spikes ? Between(0.3, 3) : spike * 0.4;
            sum += _smooth[step - 1] * Math.Max(0.02, 1 + noise * state + spike);
            if (step % every != 0)
                continue;
            points.Add(new CurvePoint(step, sum / every));
            sum = 0;
        }

        Story += FormattableString.Invariant($"; logs every {every}, correlation {correlation:0.##}, ")
            + FormattableString.Invariant($"spikes {spikes:P1}, heavy tails {hasHeavyTails}");
        Curves = Curves with { TrainLoss = points, PlannedSteps = Steps };
    }

    private double Between(double low, double high) => low + (high - low) * _random.NextDouble();

    private double LogBetween(double low, double high) => low * Math.Pow(high / low, _random.NextDouble());

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

    private double StudentT4()
    {
        var squares = 0.0;
        for (var i = 0; i < 4; i++)
        {
            var normal = Normal();
            squares += normal * normal;
        }

        return Normal() / Math.Sqrt(squares / 4);
    }
}
