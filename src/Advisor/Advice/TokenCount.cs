using System.Globalization;
using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Advice;

/// <summary>How long rows of data are in the tokens of their model, counted by the trainer, which has the tokenizers.</summary>
internal sealed record TokenCount
{
    /// <summary>Rows of all files.</summary>
    public required long Rows { get; init; }

    /// <summary>Those that were counted; fewer where rows hold nothing, and where there are very many.</summary>
    public required long Counted { get; init; }

    /// <summary>Tokens of a row on the average, before anything is cut.</summary>
    public required double Mean { get; init; }

    /// <summary>Those of them that are trained on.</summary>
    public required double AnswerMean { get; init; }

    /// <summary>Half the rows are at most so long.</summary>
    public required long Median { get; init; }

    /// <summary>99 of 100 rows are at most so long.</summary>
    public required long NinetyNine { get; init; }

    /// <summary>The longest row.</summary>
    public required long Longest { get; init; }

    /// <summary>Tokens of a sequence at most.</summary>
    public required long MaxSequenceLength { get; init; }

    /// <summary>The share of the rows that are longer, 0 to 1.</summary>
    public required double ShareOver { get; init; }

    /// <summary>The share of the tokens behind it, 0 to 1.</summary>
    public required double ShareCut { get; init; }

    /// <summary>The chat template, or null where rows are no conversations.</summary>
    public string? Template { get; init; }

    /// <summary>Sequences that plain texts are cut into; null of rows.</summary>
    public long? Sequences { get; init; }

    /// <summary>Tokens of a row on the average, behind the longest sequence cut off.</summary>
    public double KeptMean => Mean * (1 - ShareCut);

    /// <summary>
    /// Counts; null where the model's tokenizer or the trainer is not on this machine, or something cannot be read, which costs no more
    /// than an estimate.
    /// </summary>
    /// <param name="terminal">Where the command runs.</param>
    /// <param name="modelFolder">The base model's folder, or null where it has none here.</param>
    /// <param name="data">The files.</param>
    /// <param name="problem">Why there is no count, in words that go on from "not counted: "; empty where there is one.</param>
    public static TokenCount? Of(Terminal terminal, string? modelFolder, DataOptions data, out string problem)
    {
        problem = modelFolder is null ? "the base model is not on this machine"
            : !File.Exists(Path.Join(modelFolder, "tokenizer.json")) ? "the base model's folder has no tokenizer.json" : "";
        if (problem.Length > 0)
            return null;
        if (TrainerLocation.TryFind(terminal, AppContext.BaseDirectory) is not { } trainer)
        {
            problem = "the trainer, which has the tokenizers, is not installed";
            return null;
        }

        var file = Path.Join(Path.GetTempPath(), $"loralint-tokens-{Guid.NewGuid():N}.json");
        TrainerEvent? counted = null;
        string? error = null;
        try
        {
            File.WriteAllBytes(file, RunJson.Write(new RunRecord
            {
                Run = new TrainingRun { BaseModel = modelFolder!, Data = data }, Config = new ConfigRecord("", "", ""), Findings = [],
                Notes = [], Forced = false, LoraLintVersion = Program.Version,
            }));
            var code = new TrainerProcess(trainer, terminal.Folder, TextWriter.Null).Run(["tokens", file], found =>
            {
                if (found.Name == "tokens")
                    counted = found;
                else if (found.Name == "error")
                    error = found.Text("message");
            });
            if (counted is null)
                problem = error ?? string.Create(CultureInfo.InvariantCulture, $"the trainer ended with exit code {code}");
        }
        catch (UserMistakeException mistake)
        {
            problem = mistake.Message;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problem = FileReader.ReasonOf(exception);
        }
        finally
        {
            File.Delete(file);
        }

        return counted is null ? null : new TokenCount
        {
            Rows = counted.Count("rows") ?? 0, Counted = counted.Count("counted") ?? 0, Mean = counted.Number("tokens_per_row") ?? 0,
            AnswerMean = counted.Number("answer_tokens_per_row") ?? 0, Median = counted.Count("median") ?? 0,
            NinetyNine = counted.Count("ninety_nine") ?? 0, Longest = counted.Count("longest") ?? 0,
            MaxSequenceLength = counted.Count("max_sequence_length") ?? 0, ShareOver = counted.Number("share_over") ?? 0,
            ShareCut = counted.Number("share_cut") ?? 0, Template = counted.Text("template"), Sequences = counted.Count("sequences"),
        };
    }

    /// <summary>The lengths in words.</summary>
    public string InWords()
    {
        var text = Text($"{Mean:#,0.#} tokens a row by the model's tokenizer")
            + (Template is { } template ? $" and template {template}" : "")
            + (Counted < Rows ? Text($", of {Counted:N0} rows") : "")
            + Text($"; {AnswerMean:#,0.#} of them trained on; half at most {Median:N0}, 99 % at most {NinetyNine:N0}, ")
            + Text($"longest {Longest:N0}");
        return text + (Sequences is { } sequences ? Text($"; {sequences:N0} sequences of {MaxSequenceLength:N0}")
            : ShareOver > 0 ? Text($"; at {MaxSequenceLength:N0} {100 * ShareOver:0.##} % of the rows are cut, ")
                + Text($"{100 * ShareCut:0.##} % of the tokens")
            : Text($"; nothing is cut at {MaxSequenceLength:N0}"));
    }

    /// <summary>Writes it as an object of JSON.</summary>
    public void Write(Utf8JsonWriter json, string name)
    {
        json.WriteStartObject(name);
        json.WriteNumber("rows", Rows);
        json.WriteNumber("counted", Counted);
        json.WriteNumber("tokens_per_row", Math.Round(Mean, 2));
        json.WriteNumber("answer_tokens_per_row", Math.Round(AnswerMean, 2));
        json.WriteNumber("median", Median);
        json.WriteNumber("ninety_nine", NinetyNine);
        json.WriteNumber("longest", Longest);
        json.WriteNumber("max_sequence_length", MaxSequenceLength);
        json.WriteNumber("share_over", Math.Round(ShareOver, 6));
        json.WriteNumber("share_cut", Math.Round(ShareCut, 6));
        json.WriteString("template", Template);
        json.WriteEndObject();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
