using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>How many tokens a second a run of ours trained.</summary>
internal static class MeasuredSpeed
{
    private const string FileName = "metrics.jsonl";
    private const long LargestFile = 1L << 30;

    /// <summary>The median over the steps of a run's folder.</summary>
    /// <exception cref="UserMistakeException">There are no metrics in the folder.</exception>
    public static double Read(string folder)
    {
        var path = Path.Join(folder, FileName);
        var speeds = new List<double>();
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: <= LargestFile })
            {
                foreach (var line in File.ReadLines(path))
                {
                    if (TrainerEvent.Read(line) is { Name: "step" } step && step.Number("tokens_per_second") is > 0 and var speed)
                        speeds.Add(speed);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"--measured {folder}: cannot read {FileName}: {exception.Message}");
        }

        if (speeds.Count == 0)
        {
            throw new UserMistakeException(
                $"--measured {folder}: no {FileName} with steps is there; name the output folder of `loralint train`");
        }

        speeds.Sort();
        return (speeds[(speeds.Count - 1) / 2] + speeds[speeds.Count / 2]) / 2;
    }
}
