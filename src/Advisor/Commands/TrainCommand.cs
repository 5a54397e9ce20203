using System.CommandLine;
using LoraLint.Advisor.Training;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint train</c>: its options, and what they mean together.</summary>
internal static class TrainCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var config = new Argument<string>("CONFIG")
        {
            Description = "The config, of any format that can be trained; see docs/training.md.",
        };
        var dryRun = Flag("--dry-run", "Print the plan and the run with every default written, and stop.");
        var resume = Flag("--resume", "Go on with the run in the output folder from its last checkpoint.");
        var force = Flag("--force", "Train although the check found errors, and record that.");
        var output = Text("--output", "DIR", "The output folder, in place of the config's.");
        var maxSteps = Number<int>("--max-steps", "N", "End after so many optimizer steps, in place of the config's length.");
        var seed = Number<long>("--seed", "N", "The seed, in place of the config's.");
        var threads = Number<int>("--threads", "N", "Threads that compute. Default: one for each core.");
        var engine = Text(
            "--engine", "ENGINE", $"What computes: {string.Join(", ", EngineChoice.Engines)}. Default: auto, the best that works.");
        var device = Text("--device", "DEVICE", "What it computes on: cpu, cuda, cuda:N. Default: the best that works.");
        var settings = Text("--config", "FILE", "Check with this settings file instead of the nearest loralint.yaml.");
        var model = Text("--model", "DIR", "For an adapter_config.json: the base model.");
        var data = Text("--data", "FILE", "For an adapter_config.json: the training data.");
        var rate = Number<double>("--learning-rate", "RATE", "For an adapter_config.json: the peak learning rate. Default: 2e-4.");
        var epochs = Number<double>("--epochs", "N", "For an adapter_config.json: passes over the data. Default: 1.");
        var length = Number<int>("--max-sequence-length", "N", "For an adapter_config.json: tokens of a sequence at most. Default: 2048.");
        var command = new Command("train", "Check a config, then train its adapter on this machine.")
        {
            config, dryRun, resume, force, output, maxSteps, seed, threads, engine, device, settings, model, data, rate, epochs, length,
        };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(config)!;
            return new TrainRun(terminal, new TrainRequest
            {
                Config = path,
                DryRun = parsed.GetValue(dryRun),
                Resume = parsed.GetValue(resume),
                Force = parsed.GetValue(force),
                Engine = EngineChoice.Engines[CheckCommand.OneOf(engine.Name, parsed.GetValue(engine), [.. EngineChoice.Engines], 0)],
                Device = parsed.GetValue(device) is not { } name || EngineChoice.IsDevice(name) ? parsed.GetValue(device)
                    : throw new UserMistakeException($"{device.Name} {name} is no device; there are cpu, cuda and cuda:N"),
                Threads = AtLeast(threads.Name, parsed.GetValue(threads), 1),
                Settings = parsed.GetValue(settings),
                Overrides = new RunOverrides
                {
                    Output = parsed.GetValue(output),
                    MaxSteps = AtLeast(maxSteps.Name, parsed.GetValue(maxSteps), 1),
                    Seed = AtLeast(seed.Name, parsed.GetValue(seed), 0),
                    Model = parsed.GetValue(model),
                    Data = parsed.GetValue(data),
                    LearningRate = Above(rate.Name, parsed.GetValue(rate)),
                    Epochs = Above(epochs.Name, parsed.GetValue(epochs)),
                    MaxSequenceLength = AtLeast(length.Name, parsed.GetValue(length), 1),
                },
            }).Execute();
        });
        return command;
    }

    private static int? AtLeast(string option, int? value, int least) => (int?)AtLeast(option, (long?)value, least);

    private static long? AtLeast(string option, long? value, long least) =>
        value < least ? throw new UserMistakeException($"{option} must be at least {least}") : value;

    private static double? Above(string option, double? value) =>
        value is { } number && !(number > 0 && double.IsFinite(number))
            ? throw new UserMistakeException($"{option} must be above 0")
            : value;

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    private static Option<T?> Number<T>(string name, string value, string description)
        where T : struct => new(name) { Description = description, HelpName = value };
}
