using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor;

/// <summary>The command line's entry.</summary>
public static class Program
{
    /// <summary>This version, such as <c>0.1.0</c>, without what the build adds behind a plus sign.</summary>
    internal static string Version { get; } =
        typeof(Program).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs a command; see <c>loralint --help</c>.</summary>
    public static int Main(string[] args)
    {
        var terminal = Terminal.OfProcess();
        return Run(args, terminal);
    }

    /// <summary>Runs a command with the streams given, and turns what goes wrong into an exit code.</summary>
    internal static int Run(string[] args, Terminal terminal)
    {
        var root = new RootCommand("Checks LoRA and QLoRA fine-tuning configs: says what is wrong and why, fixes it, and trains it.")
        {
            CheckCommand.Build(terminal),
            TrainCommand.Build(terminal),
            InspectCommand.Build(terminal),
            EstimateCommand.Build(terminal),
            SuggestCommand.Build(terminal),
            DiagnoseCommand.Build(terminal),
            RankCommand.Build(terminal),
            SweepCommand.Build(terminal),
            ExplainCommand.Build(terminal),
            RulesCommand.Build(terminal),
            SchemaCommand.Build(terminal),
            InitCommand.Build(terminal),
            LspCommand.Build(terminal),
            EngineCommands.Build(terminal),
            DoctorCommand.Build(terminal),
        };
        foreach (var command in TrainerCommands.Build())
            root.Add(command);
        try
        {
            if (TrainerCommands.Takes(args))
                return TrainerCommands.Forward(args, terminal);
            // Files may well be called @something; nothing is read from there.
            var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
                return Refuse(parsed, terminal);
            var code = parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false,
            });
            terminal.Out.Flush();
            return code;
        }
        catch (UserMistakeException mistake)
        {
            terminal.Error.WriteLine("error: " + mistake.Message.Replace("\n", "\nerror: ", StringComparison.Ordinal));
            return ExitCode.UserMistake;
        }
        catch (IOException)
        {
            // Files are guarded where they are read and written; this is the output: a full disk, a device that went away.
            terminal.Error.WriteLine("error: cannot write the output");
            return ExitCode.UserMistake;
        }
        catch (Exception exception)
        {
            terminal.Error.WriteLine($"error: {Describe(exception, terminal)}; this is a defect of LoraLint, please report it");
            return ExitCode.Defect;
        }
    }

    /// <summary>An exception in a line; whole when LORALINT_DEBUG is 1.</summary>
    internal static string Describe(Exception exception, Terminal terminal) => terminal.Variable("LORALINT_DEBUG") == "1"
        ? exception.ToString()
        : $"{exception.GetType().Name}: {exception.Message} (LORALINT_DEBUG=1 shows where)";

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        foreach (var error in parsed.Errors)
            terminal.Error.WriteLine("error: " + error.Message.TrimEnd('.'));
        terminal.Error.WriteLine($"`loralint {NameOf(parsed.CommandResult)}--help` shows what there is");
        return ExitCode.UserMistake;
    }

    // A command behind those that it belongs to, with a space behind each.
    private static string NameOf(CommandResult result) =>
        result.Parent is CommandResult parent ? NameOf(parent) + result.Command.Name + " " : "";
}
