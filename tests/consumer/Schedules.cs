using LoraLint.Rules.Runs;

namespace Consumer;

/// <summary>The records that the trainer takes: quantization, optimizer, batches.</summary>
public static class Schedules
{
    public static QuantizationOptions TypeIsFp4 { get; } = new() { Type = "fp4" };

    public static QuantizationOptions ConstantsAreLarge { get; } = new() { Double = false };

    public static OptimizerOptions ScheduleIsUnknown { get; } = new() { Schedule = "Cosine" };

    public static OptimizerOptions BetaIsOne { get; } = new() { Beta2 = 1 };

    public static OptimizerOptions WarmupIsBoth { get; } = new() { WarmupRatio = 0.03, WarmupSteps = 10 };

    public static OptimizerOptions WarmupIsPercent { get; } = new() { WarmupRatio = 5 };

    public static OptimizerOptions DecayIsHigh { get; } = new() { WeightDecay = 0.5 };

    public static TrainingOptions NothingToWatch { get; } = new() { Evaluate = Cadence.Never, EarlyStoppingPatience = 3 };

    public static TrainingOptions StepsAndEpochs { get; } = new() { Epochs = 3, MaxSteps = 10 };

    public static TrainingOptions NoEpochs { get; } = new() { Epochs = 0 };

    public static TrainingOptions BatchIsLarge { get; } = new() { MicroBatchSize = 64, GradientAccumulationSteps = 64 };

    public static TrainingOptions LongAndBlind { get; } = new() { Epochs = 8, Evaluate = new(0) };

    public static HandLoraOptions AssignedLater()
    {
        var options = new HandLoraOptions();
        options.Rank = 8.5;
        return options;
    }
}
