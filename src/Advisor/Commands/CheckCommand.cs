using System.CommandLine;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint check</c>: its options, and what they mean together.</summary>
internal static class CheckCommand
{
    private static readonly string[] s_formats = ["text", "json", "sarif", "github", "gitlab", "junit"];
    private static readonly string[] s_failOn = ["error", "warning", "info"];

    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var paths = new Argument<string[]>("PATH")
        {
            Description = "Files and folders; the working folder when left out. - reads standard input.", Arity = ArgumentArity.ZeroOrMore,
        };
        var format = Word("--format", "FORMAT", $"How to write the findings: {string.Join(", ", s_formats)}. Default: text.");
        var fix = Flag("--fix", "Apply the safe fixes.");
        var unsafeFixes = Flag("--unsafe-fixes", "With --fix or --diff: also apply fixes that change what is trained.");
        var diff = Flag("--diff", "Show what --fix would change, and change nothing. Exit code 1 when there is something.");
        var select = Words("--select", "Only these rules: codes, names or prefixes of codes, separated by commas.");
        var ignore = Words("--ignore", "Not these rules.");
        var failOn = Word(
            "--fail-on", "SEVERITY", $"The weakest severity that makes the exit code 1: {string.Join(", ", s_failOn)}. Default: warning.");
        var stdinFilename = Word("--stdin-filename", "FILE", "Check standard input as if it were this file.");
        var forceExclude = Flag(
            "--force-exclude",
            "Treat named files like those found in folders: what the settings exclude or is no config is passed over. For hooks.");
        var statistics = Flag("--statistics", "Count the findings by rule instead of listing them.");
        var config = Word("--config", "FILE", "Use this settings file instead of the nearest loralint.yaml.");
        var profile = Word("--profile", "PROFILE", $"How far documented guidance counts: {string.Join(", ", SettingsReader.Profiles)}.");
        var gpu = Word("--gpu", "CARD", "The card that configs are to run on, by name or memory, such as rtx-4090 or 24GB.");
        var command = new Command("check", "Check configs and say what is wrong, why, and how to fix it.")
        {
            paths, format, fix, unsafeFixes, diff, select, ignore, failOn, stdinFilename, statistics, config, profile, gpu, forceExclude,
        };
        command.SetAction(parsed => new CheckRun(terminal, Combined(new CheckRequest
        {
            Paths = parsed.GetValue(paths) ?? [],
            Format = (OutputFormat)OneOf(format.Name, parsed.GetValue(format), s_formats, 0),
            Fix = parsed.GetValue(fix),
            UnsafeFixes = parsed.GetValue(unsafeFixes),
            Diff = parsed.GetValue(diff),
            Statistics = parsed.GetValue(statistics),
            ForceExclude = parsed.GetValue(forceExclude),
            FailOn = Severity.Error - OneOf(failOn.Name, parsed.GetValue(failOn), s_failOn, 1),
            StdinFilename = parsed.GetValue(stdinFilename),
            Config = parsed.GetValue(config),
            Rules = new SettingsBlock
            {
                Select = parsed.GetValue(select) is { Length: > 0 } selected ? Selectors(selected) : null,
                Ignore = Selectors(parsed.GetValue(ignore) ?? []),
                Profile = parsed.GetValue(profile) is { } name ? (Profile)OneOf(profile.Name, name, SettingsReader.Profiles, 0) : null,
                Gpu = EstimateCommand.GpuOf(parsed.GetValue(gpu)),
            },
        }, terminal.Folder, command.Options.Select(o => o.Name))).Execute());
        return command;
    }

    /// <summary>The place of an option's word among those it takes.</summary>
    /// <exception cref="UserMistakeException">It is none of them.</exception>
    public static int OneOf(string option, string? word, IReadOnlyList<string> words, int whenAbsent)
    {
        if (word is null)
            return whenAbsent;
        for (var i = 0; i < words.Count; i++)
        {
            if (words[i] == word)
                return i;
        }

        throw new UserMistakeException($"{option} takes one of {string.Join(", ", words)}, not '{word}'{Suggestion.For(word, words)}");
    }

    private static CheckRequest Combined(CheckRequest request, string folder, IEnumerable<string> options)
    {
        // What is no option is taken for a path by the parser.
        foreach (var path in request.Paths)
        {
            if (path.Length > 1 && path[0] == '-' && !Path.Exists(Path.GetFullPath(path, folder)))
                throw new UserMistakeException($"no such option: {path}{Suggestion.For(path, options)}");
        }

        if (request.Paths.Contains("-"))
        {
            if (request.StdinFilename is null)
                throw new UserMistakeException("- needs --stdin-filename: the name tells the language and the settings");
            request = request with { Paths = [.. request.Paths.Where(p => p != "-")] };
        }

        if (request.StdinFilename is not null && request.Paths.Count > 0)
            throw new UserMistakeException("--stdin-filename checks standard input alone; leave the paths out");
        if (request.UnsafeFixes && !request.Fix && !request.Diff)
            throw new UserMistakeException("--unsafe-fixes goes with --fix or --diff");
        if (request.Format != OutputFormat.Text && (request.Diff || request.Statistics))
            throw new UserMistakeException($"{(request.Diff ? "--diff" : "--statistics")} has only the text format");
        return request;
    }

    private static List<string> Selectors(string[] words)
    {
        var selectors = new List<string>();
        foreach (var word in words)
        {
            foreach (var selector in word.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (!SettingsReader.IsSelector(selector))
                    throw new UserMistakeException(SettingsReader.UnknownRule(selector));
                selectors.Add(selector);
            }
        }

        return selectors;
    }

    private static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    private static Option<string?> Word(string name, string value, string description) =>
        new(name) { Description = description, HelpName = value };

    private static Option<string[]> Words(string name, string description) =>
        new(name) { Description = description, HelpName = "RULES", Arity = ArgumentArity.OneOrMore };
}
