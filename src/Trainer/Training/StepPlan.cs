using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Training;

/// <summary>
/// How micro batches make optimizer steps, and steps make epochs. An epoch's last step takes the micro batches that are left, so that every
/// sample is seen once an epoch; it counts as a whole step, and each of its tokens weighs as much as its step's others. A fraction of an
/// epoch is rounded up to whole steps. Both are as in transformers' Trainer (4.57).
/// </summary>
/// <param name="MicroBatches">Micro batches of an epoch, 1 or more.</param>
/// <param name="Accumulation">Micro batches of a step, 1 or more.</param>
/// <param name="Steps">Optimizer steps of the whole run, 1 or more.</param>
internal sealed record StepPlan(int MicroBatches, int Accumulation, int Steps)
{
    /// <summary>Optimizer steps of an epoch.</summary>
    public int StepsPerEpoch => (MicroBatches - 1) / Accumulation + 1;

    /// <summary>Epochs of the whole run, possibly a fraction.</summary>
    public double Epochs => Steps / (double)StepsPerEpoch;

    /// <summary>The plan of a run over so many micro batches an epoch.</summary>
    public static StepPlan Of(TrainingOptions options, int microBatches)
    {
        var epoch = new StepPlan(microBatches, options.GradientAccumulationSteps, 1);
        var steps = options.MaxSteps ?? Math.Ceiling(options.Epochs * epoch.StepsPerEpoch);
        if (steps > int.MaxValue)
            throw new TrainerException(
                $"{options.Epochs} epochs of {epoch.StepsPerEpoch} steps are too many: lower epochs, or say max_steps");
        return epoch with { Steps = Math.Max(1, (int)steps) };
    }

    /// <summary>Which micro batches an optimizer step takes.</summary>
    /// <param name="step">Counts from 1.</param>
    public (int Epoch, Range MicroBatches) At(int step)
    {
        var (epoch, position) = Math.DivRem(step - 1, StepsPerEpoch);
        var first = position * Accumulation;
        return (epoch, first..Math.Min(first + Accumulation, MicroBatches));
    }

    /// <summary>The epochs that are over after a step, possibly a fraction.</summary>
    public double EpochAfter(int step) => step / (double)StepsPerEpoch;

    /// <summary>
    /// Whether something recurring happens after a step. What happens at all also happens after the last step. A share of the steps is
    /// rounded up.
    /// </summary>
    public bool IsDue(Cadence cadence, int step)
    {
        var every = cadence.Share is { } share ? Math.Max(1, (int)Math.Ceiling(Steps * share)) : cadence.Steps ?? StepsPerEpoch;
        return every > 0 && (step % every == 0 || step == Steps);
    }
}
