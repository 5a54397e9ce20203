using System.CommandLine;
using LoraLint.Advisor.Advice.Ranks;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint rank</c>: which rank, by four methods, each alone or all together.</summary>
internal static class RankCommand
{
    private static readonly string[] s_methods = ["task", "budget", "data", "sweep", "all"];
    private static readonly string[] s_depths = ["texts", "embeddings", "model"];

    private static readonly string[] s_tasks = ["style", "classification", "instructions", "domain", "reasoning", "preference", "rl"];

    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var config = new Argument<string?>("CONFIG")
        {
            Description = "The config; without one, options name the model and the data.", Arity = ArgumentArity.ZeroOrOne,
        };
        var method = Text("--method", "METHOD", $"One of {string.Join(", ", s_methods)}. Default: all that have what they need.");
        var task = Text("--task", "TASK", $"What is to be learnt: {string.Join(", ", s_tasks)}.");
        var traits = new Option<string[]?>("--traits")
        {
            Description = "What another task is like: " + string.Join(", ", TaskRank.Traits.Select(t => $"{t.Name} ({t.Meaning})")) + ".",
            HelpName = "TRAITS", AllowMultipleArgumentsPerToken = true,
        };
        var model = Text("--model", "MODEL", "The base model: a folder, or its name on the Hugging Face hub.");
        var data = new Option<string[]?>("--data")
        {
            Description = "The training data, .jsonl, .json or .txt. Default: the config's.", HelpName = "FILES",
            AllowMultipleArgumentsPerToken = true,
        };
        var rows = Number<long>("--rows", "N", "Rows of the training data. Default: counted.");
        var tokens = Number<double>("--tokens-per-row", "N", "Tokens of a row that are trained on, on the average. Default: counted.");
        var budget = Text("--budget", "N", "Parameters that may be trained: 10M, 1.5B, or a share of the base model's such as 0.5%.");
        var targets = new Option<string[]?>("--target-modules")
        {
            Description = "The modules that get adapters, or all-linear.", HelpName = "NAMES", AllowMultipleArgumentsPerToken = true,
        };
        var dora = new Option<bool>("--dora") { Description = "Train DoRA." };
        var depth = Text("--depth", "DEPTH", $"What of the data is looked at: {string.Join(", ", s_depths)}. Default: as deep as may be.");
        var sample = Number<int>(
            "--sample", "N", $"Rows that are drawn. Default: {SpectraRun.UsualRows}, with --depth model {SpectraRun.UsualRowsInModel}.");
        var seed = Number<long>("--seed", "N", "Decides which rows are drawn. Default: 42.");
        var sweep = Text("--sweep", "FOLDER", "The folder of a sweep, or its sweep.json.");
        var apply = new Option<bool>("--apply") { Description = "Write the rank into the config, and the alpha that keeps the scaling." };
        var json = new Option<bool>("--json") { Description = "Write JSON." };
        var settings = Text("--config", "FILE", "Use this settings file instead of the nearest loralint.yaml.");
        var command = new Command("rank", "Advise on the rank: by task, parameter budget, data and trials, with reasons.")
        {
            config, method, task, traits, model, data, rows, tokens, budget, targets, dora, depth, sample, seed, sweep, apply, json,
            settings,
        };
        command.SetAction(parsed =>
        {
            var request = new RankRequest
            {
                Config = parsed.GetValue(config),
                Settings = parsed.GetValue(settings),
                Method = CheckCommand.OneOf(method.Name, parsed.GetValue(method), s_methods, 4) is < 4 and var m ? (RankMethod)m : null,
                Task = parsed.GetValue(task) is { } word ? (AdvisedTask)CheckCommand.OneOf(task.Name, word, s_tasks, 0) : null,
                Traits = TraitsOf(parsed.GetValue(traits)),
                Model = parsed.GetValue(model),
                Data = parsed.GetValue(data) ?? [],
                Rows = parsed.GetValue(rows) is { } r
                    ? r is >= 1 and <= (1L << 40) ? r : throw new UserMistakeException($"{rows.Name} must be at least 1") : null,
                TokensPerRow = parsed.GetValue(tokens) is { } t
                    ? t is > 0 and <= 1e9 ? t : throw new UserMistakeException($"{tokens.Name} must be above 0") : null,
                Budget = parsed.GetValue(budget),
                TargetModules = EstimateCommand.NamesOf(parsed.GetValue(targets)),
                UseDora = parsed.GetValue(dora),
                Depth = parsed.GetValue(depth) is { } d ? s_depths[CheckCommand.OneOf(depth.Name, d, s_depths, 0)] : null,
                SampleRows = parsed.GetValue(sample) is { } s
                    ? s is >= 2 and <= 4096 ? s : throw new UserMistakeException($"{sample.Name} must be from 2 to 4096") : null,
                Seed = parsed.GetValue(seed) is { } n ? n >= 0 ? n : throw new UserMistakeException($"{seed.Name} must be at least 0") : 42,
                Sweep = parsed.GetValue(sweep),
                Apply = parsed.GetValue(apply),
            };
            return Run(terminal, request, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(Terminal terminal, RankRequest request, bool asJson)
    {
        if (request is { Config: null, Model: null, Data.Count: 0, Task: null, Traits: null, Sweep: null })
            throw new UserMistakeException("name a config, a base model with --model, data with --data, or a task with --task");
        if (request is { Apply: true, Config: null })
            throw new UserMistakeException("--apply writes into a config, and none is named");
        if (request is { Task: not null, Traits: not null })
            throw new UserMistakeException("--task and --traits exclude each other: traits are for tasks that are none of the known ones");
        var recognised = request.Config is { } path ? EstimateCommand.ConfigOf(terminal, path, request.Settings) : null;
        var folder = request.Config is null ? terminal.Folder : Path.GetDirectoryName(terminal.FullPath(request.Config))!;
        var files = new CompanionFiles(folder, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        var advice = new RankStudy(terminal, request, recognised, files).Make();
        // Before anything is printed: what cannot be written is a mistake, and then nothing is said but that.
        var applied = request.Apply ? new RankEdit(terminal, request.Config!, request.Settings).Apply(advice.Verdict.Rank) : null;
        if (asJson)
            JsonReportWriter.Write(terminal.Out, writer => RankJson.Write(writer, advice));
        else
            RankText.Write(terminal, advice);
        if (applied is not null)
            (asJson ? terminal.Error : terminal.Out).WriteLine("written     " + applied);
        return ExitCode.Clean;
    }

    private static string[]? TraitsOf(string[]? words)
    {
        if (EstimateCommand.NamesOf(words) is not { } names)
            return null;
        var known = TaskRank.Traits.Select(t => t.Name).ToList();
        return [.. names.Select(name => known[CheckCommand.OneOf("--traits", name, known, 0)])];
    }

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    private static Option<T?> Number<T>(string name, string value, string description)
        where T : struct => new(name) { Description = description, HelpName = value };
}
