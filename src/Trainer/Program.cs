using System.CommandLine;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;

namespace LoraLint.Trainer;

/// <summary>The trainer's entry: <c>loralint train</c> and its siblings start it as a process.</summary>
public static class Program
{
    /// <summary>Runs a command with the engine that is built in.</summary>
    public static int Main(string[] args) => Run(args, [new ManagedEngineKind()]);

    /// <summary>Runs a command.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="kinds">The engines there are, the one taken by default first.</param>
    public static int Run(string[] args, IReadOnlyList<IEngineKind> kinds)
    {
        var root = new RootCommand("What `loralint train` and its siblings start to train, merge and generate.")
        {
            RunCommand.Build(kinds), ProbeCommand.Build(kinds), SpectrumCommand.Build(kinds), TokensCommand.Build(),
            MergeCommand.Build(Console.Out), GenerateCommand.Build(Console.Out), AdapterCommand.Build(Console.Out),
        };
        try
        {
            // Files may well be called @something; nothing is read from there.
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count == 0)
            {
                // The commands hear signals themselves: the library would end the process two seconds after the first.
                return parsed.Invoke(
                    new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
            }

            foreach (var error in parsed.Errors)
                Console.Error.WriteLine("error: " + error.Message.TrimEnd('.'));
        }
        catch (TrainerException mistake)
        {
            Console.Error.WriteLine("error: " + mistake.Message);
        }

        return ExitCode.UserMistake;
    }
}
