using System.CommandLine;
using System.Globalization;
using LoraLint.Advisor.Advice.Sweeps;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint sweep</c>: its options, and what they mean together.</summary>
internal static class SweepCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var config = new Argument<string>("CONFIG") { Description = "The config, of any format that can be trained." };
        var set = new Option<string[]?>("--set")
        {
            Description = $"What to vary: NAME=V1,V2,... or NAME=LEAST..MOST, of {string.Join(", ", SweepSetting.Names)}. "
                + "Default: the rank, by doublings from 4 to 128.",
            HelpName = "SETTING",
        };
        var method = Text(
            "--method", "METHOD", "ranks (scan, refine, confirm), grid, random, bayes or halving. Default: ranks for the rank alone, "
            + "grid for lists, bayes for ranges.");
        var output = Text("--output", "DIR", "The sweep's folder. Default: the config's name with -sweep behind it.");
        var resume = Flag("--resume", "Go on with the sweep in the folder.");
        var trials = Number<int>("--trials", "N", "Combinations that random, bayes and halving try. Default: 16.");
        var maxSteps = Number<int>("--max-steps", "N", "Steps of a quick trial. Default: what fits the time box.");
        var box = Text("--time-box", "TIME", "Time for the quick scan: 30m, 2h. Default: 2h.");
        var seeds = Number<int>("--seeds", "N", "Seeds that confirm the two best ranks; 0 confirms nothing. Default: 2.");
        var seed = Number<long>("--seed", "N", "The first seed. Default: 42.");
        var parallel = Number<int>("--parallel", "N", "Trials at a time. Default: as many as memory allows.");
        var apply = Flag("--apply", "Write the winner into the config.");
        var json = Flag("--json", "Write the result as JSON.");
        var engine = Text("--engine", "ENGINE", $"What computes: {string.Join(", ", EngineChoice.Engines)}. Default: auto.");
        var device = Text("--device", "DEVICE", "What it computes on: cpu, cuda, cuda:N.");
        var settings = Text("--config", "FILE", "Check with this settings file instead of the nearest loralint.yaml.");
        var model = Text("--model", "DIR", "For an adapter_config.json: the base model.");
        var data = Text("--data", "FILE", "For an adapter_config.json: the training data.");
        var command = new Command("sweep", "Find the rank, or other settings, by trials.")
        {
            config, set, method, output, resume, trials, maxSteps, box, seeds, seed, parallel, apply, json, engine, device, settings, model,
            data,
        };
        command.SetAction(parsed =>
        {
            var path = parsed.GetValue(config)!;
            var varied = (parsed.GetValue(set) ?? []).Select(SweepSetting.Parse).ToList();
            return new SweepRun(terminal, new SweepRequest
            {
                Config = path,
                Settings = varied,
                Method = MethodOf(parsed.GetValue(method), varied),
                Output = parsed.GetValue(output) ?? Path.GetFileNameWithoutExtension(path) + "-sweep",
                Resume = parsed.GetValue(resume),
                Trials = (int?)From(trials.Name, parsed.GetValue(trials), 2, 1000) ?? 16,
                MaxSteps = (int?)From(maxSteps.Name, parsed.GetValue(maxSteps), 1, int.MaxValue),
                TimeBox = parsed.GetValue(box) is { } time ? TimeOf(box.Name, time) : TimeSpan.FromHours(2),
                Seeds = (int?)From(seeds.Name, parsed.GetValue(seeds), 0, 100) ?? 2,
                Seed = From(seed.Name, parsed.GetValue(seed), 0, long.MaxValue - 100) ?? 42,
                Parallel = (int?)From(parallel.Name, parsed.GetValue(parallel), 1, 256),
                Apply = parsed.GetValue(apply),
                Json = parsed.GetValue(json),
                Engine = EngineChoice.Engines[CheckCommand.OneOf(engine.Name, parsed.GetValue(engine), [.. EngineChoice.Engines], 0)],
                Device = parsed.GetValue(device) is not { } name || EngineChoice.IsDevice(name) ? parsed.GetValue(device)
                    : throw new UserMistakeException($"{device.Name} {name} is no device; there are cpu, cuda and cuda:N"),
                SettingsFile = parsed.GetValue(settings),
                Overrides = new RunOverrides { Model = parsed.GetValue(model), Data = parsed.GetValue(data) },
            }).Execute();
        });
        return command;
    }

    private static string MethodOf(string? asked, List<SweepSetting> settings)
    {
        var isRank = settings.Count == 0 || settings is [{ Name: "rank", IsRange: false, Values.Count: > 1 }];
        var method = asked is null ? isRank ? "ranks" : settings.Any(s => s.IsRange) ? "bayes" : "grid"
            : SweepRequest.Methods[CheckCommand.OneOf("--method", asked, SweepRequest.Methods, 0)];
        if (method == "ranks" && !isRank)
            throw new UserMistakeException("--method ranks searches the rank alone: --set rank=4,8,16, or no --set");
        if (method != "ranks" && settings.Count == 0)
            throw new UserMistakeException($"--method {method} needs to know what to vary: --set learning_rate=1e-5..1e-3");
        if (method == "grid" && settings.FirstOrDefault(s => s.IsRange) is { } range)
            throw new UserMistakeException($"--method grid takes lists, not the range of {range.Name}");
        if (settings.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new UserMistakeException($"--set {twice.Key} is there twice");
        return settings.Count <= Halton.MostDimensions ? method
            : throw new UserMistakeException($"at most {Halton.MostDimensions} settings can be varied at a time");
    }

    private static TimeSpan TimeOf(string option, string text)
    {
        var unit = text.Length > 1 ? char.ToLowerInvariant(text[^1]) : ' ';
        var digits = text.AsSpan(0, Math.Max(0, text.Length - 1));
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number > 0 && number < 1e6 && unit is 's' or 'm' or 'h')
            return TimeSpan.FromSeconds(number * (unit switch { 's' => 1, 'm' => 60, _ => 3600 }));
        throw new UserMistakeException($"{option} {text}: a number with s, m or h is wanted, such as 30m");
    }

    private static long? From(string option, long? value, long least, long most) =>
        value is not { } number ? null : number >= least && number <= most ? number
            : throw new UserMistakeException($"{option} must be at least {least} and at most {most}");

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    private static Option<string?> Text(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    private static Option<T?> Number<T>(string name, string value, string description)
        where T : struct => new(name) { Description = description, HelpName = value };
}
