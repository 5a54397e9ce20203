using System.CommandLine;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Spectra;

namespace LoraLint.Trainer.Commands;

/// <summary>
/// <c>loralint-trainer spectrum RUN.json</c>: how many directions a run's data has: its texts, their embeddings, or what they do in the
/// base model. <c>loralint rank</c> starts this and reads the events; see <see cref="SpectrumEvent"/>.
/// </summary>
internal static class SpectrumCommand
{
    /// <summary>What can be looked at, the least first.</summary>
    public static IReadOnlyList<string> Depths { get; } = ["texts", "embeddings", "model"];

    /// <summary>The command for the command line.</summary>
    /// <param name="kinds">The engines of this program, the one that computes first.</param>
    public static Command Build(IReadOnlyList<IEngineKind> kinds)
    {
        var run = new Argument<string>("RUN") { Description = "A file with the run: its data, the model and its adapter." };
        var depth = new Option<string>("--depth") { Description = "What is looked at.", Required = true };
        depth.AcceptOnlyFromAmong([.. Depths]);
        var less = new Option<bool>("--or-less") { Description = "Look less deep where model or tokenizer cannot be read." };
        var rows = new Option<int>("--rows") { Description = "Rows that are drawn.", DefaultValueFactory = _ => 1000 };
        var seed = new Option<long>("--seed") { Description = "Decides which rows.", DefaultValueFactory = _ => 42 };
        var threads = new Option<int>("--threads")
        {
            Description = "Threads that compute.", DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        var command = new Command("spectrum", "Says how many directions data has; `loralint rank` starts this.")
        {
            run, depth, less, rows, seed, threads,
        };
        command.SetAction(parsed =>
        {
            using var output = EventOutput.Take();
            return Run(
                new SpectrumRequest(
                    parsed.GetValue(run)!, parsed.GetValue(depth)!, parsed.GetValue(less), parsed.GetValue(rows), parsed.GetValue(seed),
                    parsed.GetValue(threads)),
                kinds[0],
                found => output.WriteLine(found.ToJson()));
        });
        return command;
    }

    /// <summary>Looks, and turns what goes wrong into an event and an exit code.</summary>
    internal static int Run(SpectrumRequest request, IEngineKind kind, Action<RunEvent> tell)
    {
        try
        {
            DataSpectrum.Measure(RunFolder.ReadFile(request.RunFile).Run, request, kind, tell);
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
