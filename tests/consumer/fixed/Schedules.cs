using LoraLint.Rules.Runs;

namespace Consumer;

/// <summary>The records that the trainer takes: quantization, optimizer, batches.</summary>
public static class Schedules
{
    public static QuantizationOptions TypeIsFp4 { get; } = new() { Type = "nf4" };

    public static QuantizationOptions ConstantsAreLarge { get; } = new() { Double = true };

    public static OptimizerOptions ScheduleIsUnknown { get; } = new() { Schedule = "cosine" };

    public static OptimizerOptions BetaIsOne { get; } = new() { Beta2 = 0.99 };

    public static OptimizerOptions WarmupIsBoth { get; } = new() { WarmupSteps = 10 };

    public static OptimizerOptions WarmupIsPercent { get; } = new() { WarmupRatio = 0.05 };

    public static OptimizerOptions DecayIsHigh { get; } = new() { WeightDecay = 0.01 };

    public static TrainingOptions NothingToWatch { get; } = new() { Evaluate = Cadence.EachEpoch, EarlyStoppingPatience = 3 };

    public static TrainingOptions StepsAndEpochs { get; } = new() { MaxSteps = 10 };

    public static TrainingOptions NoEpochs { get; } = new() { Epochs = 1 };

    public static TrainingOptions BatchIsLarge { get; } = new() { MicroBatchSize = 4, GradientAccumulationSteps = 4 };

    public static TrainingOptions LongAndBlind { get; } = new() { Epochs = 8, Evaluate = new(100) };

    public static HandLoraOptions AssignedLater()
    {
        var options = new HandLoraOptions();
        options.Rank = 8;
        return options;
    }
}
