using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;
using Spectre.Console;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What a person answered.</summary>
internal sealed record Answers(string Model, AdvisedTask Task, string? Data, string? Gpu, string Framework);

/// <summary>Asks a person for what options did not tell.</summary>
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
    /// <param name="console">Where to.</param>
    /// <param name="known">What options told: nothing is asked that is there.</param>
    public static Answers Ask(IAnsiConsole console, Known known)
    {
        var model = known.Model ?? console.Prompt(new TextPrompt<string>("Base model, a folder or a name on the hub:"));
        var task = known.Task ?? Tasks[Choose(console, "What is it to learn?", [.. Tasks.Select(t => t.Words)])].Task;
        var data = known.Data ?? Blank(console.Prompt(new TextPrompt<string>("Training data, a file (empty for none):").AllowEmpty()));
        var gpu = known.Gpu ?? Blank(console.Prompt(new TextPrompt<string>("Card, a name or its memory (empty for none):")
            .AllowEmpty()
            .Validate(text => text.Length == 0 || GpuCatalog.Find(text) is not null
                ? ValidationResult.Success() : ValidationResult.Error("not known; its memory will do, such as 24GB"))));
        var formats = ConfigWriter.All.Select(w => w.Format).ToList();
        return new Answers(model, task, data, gpu, known.Framework ?? formats[Choose(console, "What trains?", formats)]);
    }

    /// <summary>The console of a person's terminal.</summary>
    public static IAnsiConsole ConsoleOf(Terminal terminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(terminal.Error),
    });

    private static int Choose(IAnsiConsole console, string question, List<string> choices) =>
        choices.IndexOf(console.Prompt(new SelectionPrompt<string>().Title(question).AddChoices(choices)));

    private static string? Blank(string text) => text.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    /// <summary>What options told.</summary>
    public sealed record Known(string? Model, AdvisedTask? Task, string? Data, string? Gpu, string? Framework);
}
