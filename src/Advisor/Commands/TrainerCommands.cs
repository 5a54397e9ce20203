using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using LoraLint.Advisor.Training;

namespace LoraLint.Advisor.Commands;

/// <summary>
/// Commands that the trainer has and this program hands on unchanged, help included: <c>merge</c>, <c>generate</c>, <c>adapter</c>.
/// </summary>
internal static class TrainerCommands
{
    private static readonly (string Name, string Description)[] s_commands =
    [
        ("merge", "Merge an adapter into its base model."),
        ("generate", "Let a model write, with and without an adapter."),
        ("adapter", "Look into an adapter: norms of its modules, config against weights."),
    ];

    /// <summary>The commands for the parser, which lists them.</summary>
    public static IEnumerable<Command> Build() =>
        s_commands.Select(c => new Command(c.Name, c.Description) { TreatUnmatchedTokensAsErrors = false });

    /// <summary>Whether a command line is for the trainer.</summary>
    public static bool Takes(string[] args) => args.Length > 0 && s_commands.Any(c => c.Name == args[0]);

    /// <summary>Runs the trainer with a command line on this process's own streams, and gives its exit code.</summary>
    public static int Forward(string[] args, Terminal terminal)
    {
        var location = TrainerLocation.Find(terminal, AppContext.BaseDirectory);
        var start = new ProcessStartInfo(location.FileName) { UseShellExecute = false, WorkingDirectory = terminal.Folder };
        foreach (var argument in location.Arguments.Concat(args))
            start.ArgumentList.Add(argument);
        // Ctrl-C reaches the trainer as well, which ends as it likes; this process waits for it.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var process = TrainerLocation.StartOrExplain(start);
        process.WaitForExit();
        return process.ExitCode;
    }
}
