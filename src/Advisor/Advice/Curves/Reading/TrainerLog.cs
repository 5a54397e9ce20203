using System.Globalization;
using System.Text;
using System.Text.Json;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>
/// Reads <c>trainer_log.jsonl</c> of LLaMA-Factory, which it writes beside Hugging Face's trainer state, and while that is not there yet:
/// an object a line with <c>current_steps</c>, <c>total_steps</c>, <c>epoch</c> and, as far as the Trainer logged them, <c>loss</c>,
/// <c>eval_loss</c> and <c>lr</c> (LLaMA-Factory, src/llamafactory/train/callbacks.py, LogCallback). Older versions write
/// <c>learning_rate</c>, and nulls for what was not logged.
/// </summary>
internal static class TrainerLog
{
    /// <summary>The file's name in a run's folder.</summary>
    public const string FileName = "trainer_log.jsonl";

    /// <summary>Reads a file as <see cref="LogFile.Read"/> does.</summary>
    /// <exception cref="UserMistakeException">The file cannot be read.</exception>
    public static LoggedRun Read(string path, string shown) => LogFile.Read(path, shown, "LLaMA-Factory", Add);

    private static bool Add(LoggedRun run, string line)
    {
        try
        {
            // Python writes NaN and Infinity as bare words.
            using var json = JsonDocument.Parse(TrainerState.QuoteBareWords(Encoding.UTF8.GetBytes(line)));
            if (json.RootElement is not { ValueKind: JsonValueKind.Object } entry || NumberOf(entry, "current_steps") is not { } step)
                return false;
            if (NumberOf(entry, "total_steps") is { } steps and >= 1 and <= int.MaxValue)
                run.PlannedSteps = (int)steps;
            var (loss, validation) = (NumberOf(entry, "loss"), NumberOf(entry, "eval_loss"));
            Take(CurveKind.TrainLoss, loss);
            Take(CurveKind.ValidationLoss, validation);
            Take(CurveKind.LearningRate, NumberOf(entry, "lr") ?? NumberOf(entry, "learning_rate"));
            if (loss is not null || validation is not null)
                Take(CurveKind.Epoch, NumberOf(entry, "epoch"));
            return true;

            void Take(CurveKind kind, double? value)
            {
                if (value is { } known)
                    run.Add(kind, step, known);
            }
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static double? NumberOf(JsonElement entry, string name) =>
        !entry.TryGetProperty(name, out var value) ? null : value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDouble(out var number) => number,
        JsonValueKind.String
            when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };
}
