namespace LoraLint.Advisor.Advice.Curves;

/// <summary>How a run ended, as far as its files tell.</summary>
internal enum RunEnding
{
    /// <summary>The files do not say.</summary>
    Unknown,

    /// <summary>It did all of its steps.</summary>
    Completed,

    /// <summary>It has fewer steps than were planned.</summary>
    Stopped,
}

/// <summary>What a run logged, whoever trained it. Each curve is in the order of steps, with one value a step.</summary>
internal sealed record RunCurves
{
    /// <summary>The training loss; a trainer that logs every so many steps gives the mean since the last time.</summary>
    public IReadOnlyList<CurvePoint> TrainLoss { get; init; } = [];

    /// <summary>The validation loss.</summary>
    public IReadOnlyList<CurvePoint> ValidationLoss { get; init; } = [];

    /// <summary>The norm of the gradient before it is clipped.</summary>
    public IReadOnlyList<CurvePoint> GradientNorm { get; init; } = [];

    /// <summary>The learning rate.</summary>
    public IReadOnlyList<CurvePoint> LearningRate { get; init; } = [];

    /// <summary>Passes over the data that were done at a step.</summary>
    public IReadOnlyList<CurvePoint> Epoch { get; init; } = [];

    /// <summary>The steps that were planned, or null when the files do not say.</summary>
    public int? PlannedSteps { get; init; }

    /// <summary>What each module of the adapter came to, where the run's folder says; else empty.</summary>
    public IReadOnlyList<ModuleSpectrum> Modules { get; init; } = [];

    /// <summary>The files that this was read from, as they are called in the run's folder.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];

    /// <summary>What is missing or could not be read, for people.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The last step that anything was logged at, 0 when nothing was.</summary>
    public int LastStep => Math.Max(
        TrainLoss.Count > 0 ? TrainLoss[^1].Step : 0, ValidationLoss.Count > 0 ? ValidationLoss[^1].Step : 0);

    /// <summary>
    /// How it ended. A last logged step a few short of the plan is complete all the same, when the run logs less often than each step.
    /// </summary>
    public RunEnding Ending => PlannedSteps is not { } planned ? RunEnding.Unknown
        : LastStep + LogInterval > planned ? RunEnding.Completed : RunEnding.Stopped;

    /// <summary>The epoch at a step, or null when it is not known.</summary>
    public double? EpochAt(int step)
    {
        double? found = null;
        foreach (var point in Epoch)
        {
            if (point.Step > step)
                break;
            if (double.IsFinite(point.Value))
                found = point.Value;
        }

        return found;
    }

    private int LogInterval => TrainLoss.Count > 1 ? Math.Max(1, TrainLoss[^1].Step - TrainLoss[^2].Step) : 1;
}

/// <summary>What training made of one module's adapter, as <c>loralint adapter inspect --json</c> tells it.</summary>
/// <param name="Name">The module.</param>
/// <param name="Rank">Its rank.</param>
/// <param name="EffectiveRank">
/// e to the entropy of BA's singular values over their sum: 1 when one direction does all, the rank when all do the same.
/// </param>
/// <param name="IsUnused">Whether the adapter is as it was before training, so that it does nothing.</param>
internal sealed record ModuleSpectrum(string Name, int Rank, double EffectiveRank, bool IsUnused);
