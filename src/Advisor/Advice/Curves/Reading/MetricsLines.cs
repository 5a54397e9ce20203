using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>Reads <c>metrics.jsonl</c>, which <c>loralint train</c> writes: a JSON object for each step and each evaluation.</summary>
internal static class MetricsLines
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "metrics.jsonl";

    // No event comes near; a longer line is damage.
    private const int LongestLine = 1 << 16;

    /// <summary>Reads a file up to where it is damaged. A last line without its end is that of a run that is still at work.</summary>
    /// <exception cref="UserMistakeException">The file cannot be read.</exception>
    public static LoggedRun Read(string path, string shown)
    {
        var run = new LoggedRun(shown);
        var number = 0;
        foreach (var (line, isWhole) in LogFile.Lines(path, shown, LongestLine))
        {
            number++;
            if (run.IsFull)
            {
                run.Notes.Add($"{shown} has more values than are read; it was read up to line {number}");
                break;
            }

            if (line.AsSpan().Trim().IsEmpty)
                continue;
            if (TrainerEvent.Read(line) is { } read)
                Add(run, read);
            else if (isWhole)
            {
                run.Notes.Add($"{shown}: line {number} is none that `loralint train` writes; it was read up to there");
                break;
            }
        }

        return run;
    }

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
