using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Training;

/// <summary>
/// The learning rate of each optimizer step: a line up from zero, then constant, a line down or half a cosine down to zero. Values are
/// those of get_constant_schedule_with_warmup, get_linear_schedule_with_warmup and get_cosine_schedule_with_warmup in
/// transformers' optimization.py (4.57).
/// </summary>
/// <param name="Name">constant, linear or cosine.</param>
/// <param name="Peak">The rate at the end of the warmup, above 0.</param>
/// <param name="WarmupSteps">Steps in which the rate rises, 0 or more.</param>
/// <param name="Steps">All optimizer steps, the warmup's included.</param>
internal sealed record LearningRateSchedule(string Name, double Peak, int WarmupSteps, int Steps)
{
    /// <summary>The schedule of a run of so many steps.</summary>
    public static LearningRateSchedule Of(OptimizerOptions options, int steps) =>
        new(options.Schedule, options.LearningRate, WarmupOf(options, steps), steps);

    /// <summary>
    /// The learning rate of an optimizer step. The scheduler of PyTorch counts the steps that are done, so that the first step of a warmup
    /// has the rate zero, and the last step of a linear schedule is one part above zero.
    /// </summary>
    /// <param name="step">Counts from 1.</param>
    public double At(int step) => Peak * Factor(step - 1);

    // A share of the steps is rounded up, as TrainingArguments.get_warmup_steps does.
    private static int WarmupOf(OptimizerOptions options, int steps) =>
        options.WarmupSteps ?? (int)Math.Ceiling(steps * options.WarmupRatio);

    private double Factor(int done)
    {
        if (done < WarmupSteps)
            return done / (double)Math.Max(1, WarmupSteps);
        var after = Math.Max(1, Steps - WarmupSteps);
        return Name switch
        {
            "constant" => 1,
            "linear" => Math.Max(0, (Steps - done) / (double)after),
            "cosine" => Math.Max(0, 0.5 * (1 + Math.Cos(Math.PI * 0.5 * 2 * ((done - WarmupSteps) / (double)after)))),
            _ => throw new TrainerException($"the schedule {Name} is not known: constant, linear and cosine are"),
        };
    }
}
