using System.CommandLine;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Commands;

/// <summary>
/// <c>loralint-trainer tokens RUN.json</c>: how long the rows of a run's data are in the model's tokens. <c>loralint estimate</c> and
/// <c>loralint suggest</c> start this and read the event; see <see cref="TokensEvent"/>.
/// </summary>
internal static class TokensCommand
{
    /// <summary>The command for the command line.</summary>
    public static Command Build()
    {
        var run = new Argument<string>("RUN") { Description = "A file with the run: its data and the base model." };
        var rows = new Option<int>("--rows")
        {
            Description = "Rows that are counted at most, drawn at random where there are more.", DefaultValueFactory = _ => 50_000,
        };
        var seed = new Option<long>("--seed") { Description = "Decides which rows.", DefaultValueFactory = _ => 42 };
        var command = new Command("tokens", "Counts the tokens of data; `loralint estimate` and `suggest` start this.") { run, rows, seed };
        command.SetAction(parsed =>
        {
            using var output = EventOutput.Take();
            return Run(parsed.GetValue(run)!, parsed.GetValue(rows), parsed.GetValue(seed), found => output.WriteLine(found.ToJson()));
        });
        return command;
    }

    /// <summary>Counts, and turns what goes wrong into an event and an exit code.</summary>
    internal static int Run(string runFile, int rows, long seed, Action<RunEvent> tell)
    {
        try
        {
            tell(TokenLengths.Measure(RunFolder.ReadFile(runFile).Run, rows, seed));
            return ExitCode.Done;
        }
        catch (Exception exception)
        {
            var (code, error) = RunCommand.Explain(exception);
            tell(error);
            return code;
        }
    }
}
