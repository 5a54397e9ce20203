using System.CommandLine;
using LoraLint.Advisor.Advice.Estimating;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint estimate</c>: what a run costs before anything is rented.</summary>
internal static class EstimateCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var config = new Argument<string?>("CONFIG")
        {
            Description = "The config; without one, --model names what is trained.", Arity = ArgumentArity.ZeroOrOne,
        };
        var model = Text("--model", "MODEL", "The base model: a folder, or its name on the Hugging Face hub.");
        var framework = Text("--framework", "NAME", $"What trains: {string.Join(", ", EstimatedFramework.Names)}.");
        var rank = Number<int>("--rank", "R", "The rank.");
        var targets = new Option<string[]?>("--target-modules")
        {
            Description = "The modules that get adapters, or all-linear.", HelpName = "NAMES", AllowMultipleArgumentsPerToken = true,
        };
        var bits = Number<int>("--bits", "N", "How the base is stored: 16, 8 or 4.");
        var dora = new Option<bool>("--dora") { Description = "Train DoRA." };
        var optimizer = Text("--optimizer", "NAME", "The optimizer, by a framework's name for it.");
        var micro = Number<int>("--micro-batch-size", "N", "Sequences that a card takes at a time.");
        var accumulation = Number<int>("--gradient-accumulation-steps", "N", "Micro batches of a step.");
        var length = Number<int>("--max-sequence-length", "N", "Tokens of a sequence at most.");
        var checkpointing = Text("--gradient-checkpointing", "on|off", "Whether activations are computed again.");
        var gpu = Text("--gpu", "CARD", "The card: a name such as rtx-4090, a100-80gb, t4, or its memory such as 24GB.");
        var gpus = Number<int>("--gpus", "N", "Cards side by side, each with the whole model. Default: 1.");
        var rows = Number<long>("--rows", "N", "Rows of the training data. Default: counted where the config's files are here.");
        var tokens = Number<double>("--tokens-per-row", "N", "Tokens of a row on the average.");
        var epochs = Number<double>("--epochs", "N", "Passes over the data.");
        var speed = Number<double>("--tokens-per-second", "N", "How fast all cards together train.");
        var measured = Text("--measured", "RUN", "The folder of a run that tells how fast it trains.");
        var format = Text("--format", "FORMAT", "How to write it: text or json. Default: text.");
        var json = new Option<bool>("--json") { Description = "The same as --format json." };
        var settings = Text("--config", "FILE", "Use this settings file instead of the nearest loralint.yaml.");
        var command = new Command("estimate", "Tell what a run costs: trained parameters, memory, steps, time and files.")
        {
            config, model, framework, rank, targets, bits, dora, optimizer, micro, accumulation, length, checkpointing, gpu, gpus, rows,
            tokens, epochs, speed, measured, format, json, settings,
        };
        command.SetAction(parsed =>
        {
            var request = new EstimateRequest
            {
                Config = parsed.GetValue(config),
                Settings = parsed.GetValue(settings),
                Model = parsed.GetValue(model),
                Framework = parsed.GetValue(framework) is { } name
                    ? EstimatedFramework.Names[CheckCommand.OneOf(framework.Name, name, EstimatedFramework.Names, 0)] : null,
                Rank = Whole(rank),
                TargetModules = NamesOf(parsed.GetValue(targets)),
                Bits = parsed.GetValue(bits) is { } b
                    ? b is 4 or 8 or 16 ? b : throw new UserMistakeException($"{bits.Name} takes 16, 8 or 4") : null,
                UseDora = parsed.GetValue(dora),
                Optimizer = parsed.GetValue(optimizer),
                MicroBatchSize = Whole(micro),
                GradientAccumulationSteps = Whole(accumulation),
                MaxSequenceLength = Whole(length),
                GradientCheckpointing = parsed.GetValue(checkpointing) is { } word
                    ? CheckCommand.OneOf(checkpointing.Name, word, ["off", "on"], 0) == 1 : null,
                Gpu = parsed.GetValue(gpu),
                Gpus = Whole(gpus),
                Rows = parsed.GetValue(rows) is { } r
                    ? r is >= 1 and <= (1L << 40) ? r : throw new UserMistakeException($"{rows.Name} must be at least 1") : null,
                TokensPerRow = Above(tokens),
                Epochs = Above(epochs),
                TokensPerSecond = Above(speed),
                Measured = parsed.GetValue(measured) is { } folder ? terminal.FullPath(folder) : null,
            };
            var asJson = parsed.GetValue(json) || CheckCommand.OneOf(format.Name, parsed.GetValue(format), ["text", "json"], 0) == 1;
            return Run(terminal, request, asJson);

            int? Whole(Option<int?> option) => parsed.GetValue(option) is { } number
                ? number is >= 1 and <= (int)Workload.Most ? number
                    : throw new UserMistakeException($"{option.Name} must be from 1 to {Workload.Most}") : null;

            double? Above(Option<double?> option) => parsed.GetValue(option) is { } number
                ? number > 0 && double.IsFinite(number) ? number : throw new UserMistakeException($"{option.Name} must be above 0") : null;
        });
        return command;
    }

    private static int Run(Terminal terminal, EstimateRequest request, bool asJson)
    {
        if (request.Config is null && request.Model is null)
            throw new UserMistakeException("name a config, or a base model with --model");
        var recognised = request.Config is { } path ? ConfigOf(terminal, path, request.Settings) : null;
        var gpu = GpuOf(request.Gpu) ?? (request.Config is { } config ? OptionsOf(terminal, config, request.Settings).Gpu : null);
        var folder = request.Config is null ? terminal.Folder : Path.GetDirectoryName(terminal.FullPath(request.Config))!;
        var files = new CompanionFiles(folder, new CompanionCache(terminal.Folder, hub: BaseModelFolder.Of(terminal.Variable)));
        var rows = RowLengths.Of(terminal, request, recognised, files);
        var run = new EstimateReader(rows.Into(request), recognised, files).Read(request.Config ?? request.Model!);
        var cost = new CostEstimate(
            run with { Tokens = rows.Counted, Assumptions = [.. run.Assumptions, .. rows.Assumptions] }, gpu);
        if (asJson)
            JsonReportWriter.Write(terminal.Out, writer => EstimateJson.Write(writer, cost));
        else
            EstimateText.Write(terminal, cost);
        return ExitCode.Clean;
    }

    /// <summary>The card that <c>--gpu</c> names, or null.</summary>
    /// <exception cref="UserMistakeException">There is no such card.</exception>
    internal static Gpu? GpuOf(string? card) => card is null ? null : GpuCatalog.Find(card)
        ?? throw new UserMistakeException($"--gpu {card}: not known; give its memory, such as 24GB, or one of "
            + string.Join(", ", GpuCatalog.All.Select(g => g.Name)));

    /// <summary>The one config in a file.</summary>
    /// <exception cref="UserMistakeException">There is none, or more than one.</exception>
    internal static RecognisedConfig ConfigOf(Terminal terminal, string path, string? settingsPath)
    {
        var document = InspectCommand.Read(terminal, path);
        var configs = Linter.Recognise(document, OptionsOf(terminal, path, settingsPath)).Where(c => c.Config.TrainsLora).ToList();
        return configs.Count switch
        {
            1 => configs[0],
            0 => throw new UserMistakeException(
                $"{path}: no config that trains low-rank adapters (`loralint check {path}` tells what is wrong)"),
            var count => throw new UserMistakeException($"{path} has {count} configs; name a file with one"),
        };
    }

    private static LintOptions OptionsOf(Terminal terminal, string path, string? settingsPath)
    {
        var fullPath = terminal.FullPath(path);
        return new SettingsCache(terminal, settingsPath).For(Path.GetDirectoryName(fullPath)!).OptionsFor(fullPath, new SettingsBlock());
    }

    /// <summary>Names given by words or between commas; null when there are none.</summary>
    internal static string[]? NamesOf(string[]? words) => words is null or [] ? null
        : [.. words.SelectMany(w => w.Split(',')).Select(w => w.Trim()).Where(w => w.Length > 0)];

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    private static Option<T?> Number<T>(string name, string value, string description)
        where T : struct => new(name) { Description = description, HelpName = value };
}
