using System.CommandLine;
using LoraLint.Advisor.Advice.Curves;
using LoraLint.Advisor.Advice.Curves.Reading;
using LoraLint.Advisor.Output;

namespace LoraLint.Advisor.Commands;

/// <summary><c>loralint diagnose</c>: what a run's curves show, and what to change.</summary>
internal static class DiagnoseCommand
{
    private static readonly string[] s_formats = ["text", "json"];

    /// <summary>The command for the parser.</summary>
    public static Command Build(Terminal terminal)
    {
        var run = new Argument<string>("RUN")
        {
            Description = "A run's folder, or its metrics.jsonl, trainer_state.json, trainer_log.jsonl or TensorBoard event file.",
        };
        var format = new Option<string?>("--format") { Description = "How to write it: text or json. Default: text.", HelpName = "FORMAT" };
        var json = new Option<bool>("--json") { Description = "The same as --format json." };
        var command = new Command("diagnose", "Say what the curves of a run show, and what to change.")
        {
            run, format, json,
        };
        command.SetAction(parsed => Run(
            terminal, parsed.GetValue(run)!,
            parsed.GetValue(json) || CheckCommand.OneOf(format.Name, parsed.GetValue(format), s_formats, 0) == 1));
        return command;
    }

    private static int Run(Terminal terminal, string path, bool asJson)
    {
        var fullPath = terminal.FullPath(path);
        var curves = CurveReader.Read(fullPath, path);
        if (curves.Modules.Count == 0 && Directory.Exists(fullPath))
        {
            var modules = AdapterSpectra.Measure(terminal, fullPath, out var problem);
            curves = curves with { Modules = modules, Notes = problem.Length == 0 ? curves.Notes : [.. curves.Notes, problem] };
        }

        var diagnosis = Diagnosis.Of(curves);
        if (asJson)
            JsonReportWriter.Write(terminal.Out, json => DiagnosisJson.Write(json, path, diagnosis));
        else
            DiagnosisText.Write(terminal, path, diagnosis);
        return ExitCode.Clean;
    }
}
