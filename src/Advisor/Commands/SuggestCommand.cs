using System.CommandLine;
using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint suggest</c>: its options, and what they mean together.</summary>
internal static class SuggestCommand
{
    private static readonly string[] s_methods = ["auto", "lora", "qlora", "dora"];

    private static readonly string[] s_tasks =
        [.. Enum.GetValues<AdvisedTask>().Select(AdvisorTable.NameOf)];

    private static readonly string[] s_alphas = ["twice", "equal", "fixed"];
    private static readonly string[] s_modules = ["all", "attention", "minimal"];

    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var config = new Argument<string?>("CONFIG")
        {
            Description = "A config to change; without one, a new one is written.", Arity = ArgumentArity.ZeroOrOne,
        };
        var task = Text("--task", "TASK", $"What is to be learnt: {string.Join(", ", s_tasks)}.");
        var model = Text("--model", "MODEL", "The base model: a folder, or its name on the Hugging Face hub.");
        var data = Text("--data", "FILE", "The training data: counted and measured.");
        var rows = Number<long>("--rows", "N", "Rows of the training data, where there is no file.");
        var gpu = Text("--gpu", "CARD", "The card: a name such as rtx-4090, or its memory such as 24GB.");
        var gpus = Number<int>("--gpus", "N", "Cards side by side. Default: 1.");
        var formats = ConfigWriter.All.Select(w => w.Format).ToList();
        var framework = Text("--framework", "NAME", $"What to write for: {string.Join(", ", formats)}. Default: axolotl.");
        var method = Text("--method", "METHOD", $"{string.Join(", ", s_methods)}. Default: auto, by what fits the card.");
        var alpha = Text("--alpha", "SCHOOL", "Twice the rank, equal to it, or fixed at 16: twice, equal, fixed. Default: twice.");
        var modules = Text("--modules", "STRATEGY", "Which modules get adapters: all, attention, minimal. Default: all.");
        var length = Number<int>("--max-sequence-length", "N", "Tokens of a sequence at most. Default: what 99 of 100 rows need.");
        var output = Text("--output", "FILE", "Write the config there; a file that is there is not overwritten. Default: standard output.");
        var folder = Text("--output-dir", "DIR", "The folder that the config lets training write to.");
        var apply = new Option<bool>("--apply") { Description = "Write the changes into CONFIG; else they are shown as a patch." };
        var json = new Option<bool>("--json") { Description = "Write config, values, reasons and alternatives as JSON." };
        var settings = Text("--config", "FILE", "Use this settings file instead of the nearest loralint.yaml.");
        var command = new Command("suggest", "Write a config for a task, a model, data and a card, each value with its reason.")
        {
            config, task, model, data, rows, gpu, gpus, framework, method, alpha, modules, length, output, folder, apply, json, settings,
        };
        command.SetAction(parsed => new SuggestRun(terminal, new SuggestOptions
        {
            Config = parsed.GetValue(config),
            Task = parsed.GetValue(task) is { } word ? (AdvisedTask)CheckCommand.OneOf(task.Name, word, s_tasks, 0) : null,
            Model = parsed.GetValue(model),
            Data = parsed.GetValue(data),
            Rows = parsed.GetValue(rows) is { } r ? r is >= 1 and <= (1L << 40) ? r : throw NotFrom(rows.Name, 1) : null,
            Gpu = parsed.GetValue(gpu),
            Gpus = parsed.GetValue(gpus) is { } g ? g is >= 1 and <= 1024 ? g : throw NotFrom(gpus.Name, 1) : 1,
            Framework = parsed.GetValue(framework) is { } name ? formats[CheckCommand.OneOf(framework.Name, name, formats, 0)] : null,
            Method = CheckCommand.OneOf(method.Name, parsed.GetValue(method), s_methods, 0) is > 0 and var chosen
                ? (AdvisedMethod)(chosen - 1) : null,
            Alpha = CheckCommand.OneOf(alpha.Name, parsed.GetValue(alpha), s_alphas, 0),
            Modules = CheckCommand.OneOf(modules.Name, parsed.GetValue(modules), s_modules, 0),
            MaxSequenceLength = parsed.GetValue(length) is { } l
                ? l is >= 16 and <= (1 << 20) ? l : throw NotFrom(length.Name, 16) : null,
            Output = parsed.GetValue(output),
            OutputDirectory = parsed.GetValue(folder),
            Apply = parsed.GetValue(apply),
            Json = parsed.GetValue(json),
            Settings = parsed.GetValue(settings),
        }).Execute());
        return command;
    }

    private static UserMistakeException NotFrom(string option, int least) =>
        new($"{option} must be at least {least}, and not beyond reason");

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    private static Option<T?> Number<T>(string name, string value, string description)
        where T : struct => new(name) { Description = description, HelpName = value };
}
