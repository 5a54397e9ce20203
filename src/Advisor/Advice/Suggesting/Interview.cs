using System.Globalization;
using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What a person answered.</summary>
internal sealed record Answers(string Model, AdvisedTask Task, string? Data, string? Gpu, string Framework);

/// <summary>
/// Asks a person for what options did not tell, a line at a time. (Spectre.Console's prompts need reflection that the native binary does
/// not have.)
/// </summary>
internal static class Interview
{
    /// <summary>The tasks, with what each is.</summary>
    public static IReadOnlyList<(AdvisedTask Task, string Words)> Tasks { get; } =
    [
        (AdvisedTask.Instructions, "instructions: chat, following instructions"),
        (AdvisedTask.Style, "style: a tone, a form of answers"),
        (AdvisedTask.Classification, "classification: labels, fields out of texts"),
        (AdvisedTask.Domain, "domain: a field's language and facts"),
        (AdvisedTask.Reasoning, "reasoning: several steps, code, mathematics"),
        (AdvisedTask.Preference, "preference: chosen and rejected answers (DPO)"),
        (AdvisedTask.Reinforcement, "reinforcement: rewards (GRPO)"),
    ];

    /// <summary>Asks.</summary>
    /// <param name="questions">Where questions go.</param>
    /// <param name="answers">Where answers come from, a line each.</param>
    /// <param name="known">What options told: nothing is asked that is there.</param>
    /// <exception cref="UserMistakeException">The answers ended.</exception>
    public static Answers Ask(TextWriter questions, TextReader answers, Known known)
    {
        var model = known.Model ?? Text("Base model, a folder or a name on the hub", isNeeded: true)!;
        var task = known.Task ?? Tasks[Choose("What is it to learn?", [.. Tasks.Select(t => t.Words)])].Task;
        var data = known.Data ?? Text("Training data, a file (empty for none)");
        var gpu = known.Gpu ?? Text(
            "Card, a name or its memory (empty for none)", isFit: t => GpuCatalog.Find(t) is not null,
            remedy: "not known; its memory will do, such as 24GB");
        var formats = ConfigWriter.All.Select(w => w.Format).ToList();
        return new Answers(model, task, data, gpu, known.Framework ?? formats[Choose("What trains?", formats)]);

        string? Text(string question, bool isNeeded = false, Func<string, bool>? isFit = null, string remedy = "something is needed")
        {
            while (true)
            {
                questions.Write(question + ": ");
                questions.Flush();
                var line = answers.ReadLine()?.Trim() ?? throw new UserMistakeException("the questions were not answered; use options");
                if (line.Length == 0 ? !isNeeded : isFit?.Invoke(line) ?? true)
                    return line.Length == 0 ? null : line;
                questions.WriteLine("  " + remedy);
            }
        }

        int Choose(string question, List<string> choices)
        {
            questions.WriteLine(question);
            for (var i = 0; i < choices.Count; i++)
                questions.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {i + 1}  {choices[i]}"));
            var word = Text(
                "Number (empty for 1)", isFit: t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                    && n >= 1 && n <= choices.Count,
                remedy: string.Create(CultureInfo.InvariantCulture, $"a number from 1 to {choices.Count}"));
            return word is null ? 0 : int.Parse(word, CultureInfo.InvariantCulture) - 1;
        }
    }

    /// <summary>What options told.</summary>
    public sealed record Known(string? Model, AdvisedTask? Task, string? Data, string? Gpu, string? Framework);
}
