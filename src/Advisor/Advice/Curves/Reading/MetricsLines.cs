using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>Reads <c>metrics.jsonl</c>, which <c>loralint train</c> writes: a JSON object for each step and each evaluation.</summary>
internal static class MetricsLines
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "metrics.jsonl";

    /// <summary>Reads a file as <see cref="LogFile.Read"/> does.</summary>
    /// <exception cref="UserMistakeException">The file cannot be read.</exception>
    public static LoggedRun Read(string path, string shown) => LogFile.Read(path, shown, "`loralint train`", (run, line) =>
    {
        if (TrainerEvent.Read(line) is not { } read)
            return false;
        Add(run, read);
        return true;
    });

    private static void Add(LoggedRun run, TrainerEvent read)
    {
        if (read.Number("step") is not { } step)
            return;
        switch (read.Name)
        {
            case "step":
                run.PlannedSteps = read.Number("steps") is { } steps and >= 1 and <= int.MaxValue ? (int)steps : run.PlannedSteps;
                // A null stands for a number that JSON cannot say.
                run.Add(CurveKind.TrainLoss, step, read.Number("loss") ?? double.NaN);
                Add(CurveKind.GradientNorm, "gradient_norm");
                Add(CurveKind.LearningRate, "learning_rate");
                Add(CurveKind.Epoch, "epoch");
                break;
            case "evaluation":
                run.Add(CurveKind.ValidationLoss, step, read.Number("loss") ?? double.NaN);
                break;
        }

        void Add(CurveKind kind, string name)
        {
            if (read.Number(name) is { } value)
                run.Add(kind, step, value);
        }
    }
}
