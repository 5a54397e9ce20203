using System.Diagnostics;
using System.Text;
using LoraLint.Advisor;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Tests.Support;

/// <summary>What a run of the tool gave.</summary>
public sealed record ToolRun(int Code, string Out, string Error);

/// <summary>A folder of its own for a test, in which the tool can be run as if it were started there.</summary>
public sealed class ScratchFolder : IDisposable
{
    public ScratchFolder() => Root = Directory.CreateTempSubdirectory("loralint-").FullName;

    public string Root { get; }

    /// <summary>The environment of <see cref="Run"/>.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>The computer of <see cref="Run"/>.</summary>
    internal Machine Machine { get; set; } = Machine.This;

    /// <summary>An Axolotl config that is recognised and has one finding: alpha below the rank, on line 4, with an unsafe fix.</summary>
    public static string Config { get; } = """
        base_model: NousResearch/Meta-Llama-3.1-8B
        adapter: lora
        lora_r: 64
        lora_alpha: 8
        lora_target_linear: true
        sequence_len: 2048

        """;

    public string PathTo(string relative) => Path.Combine(Root, relative);

    public string Read(string relative) => File.ReadAllText(PathTo(relative));

    public ScratchFolder Write(string relative, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathTo(relative))!);
        File.WriteAllText(PathTo(relative), text);
        return this;
    }

    /// <summary>Runs a command in this process.</summary>
    public ToolRun Run(params string[] arguments) => RunWith("", null, false, Variables, arguments);

    /// <summary>Runs a command in this process, in surroundings of the test's choice.</summary>
    public ToolRun RunWith(string input, int? width, bool color, IReadOnlyDictionary<string, string>? variables, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var code = Program.Run(arguments, TerminalOf(output, error, input, width, color, variables));
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>A terminal in the folder.</summary>
    internal Terminal TerminalOf(
        TextWriter output, TextWriter error, string input = "", int? width = null, bool color = false,
        IReadOnlyDictionary<string, string>? variables = null) => new()
    {
        Out = output,
        Error = error,
        In = new MemoryStream(Encoding.UTF8.GetBytes(input)),
        Folder = Root,
        Width = width,
        UsesColor = color,
        IsInteractive = width is not null,
        Variable = name => (variables ?? Variables).GetValueOrDefault(name),
        Machine = Machine,
    };

    /// <summary>Runs the built tool as a process.</summary>
    public ToolRun Start(string[] arguments, string? input = null, IReadOnlyDictionary<string, string>? variables = null)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = new UTF8Encoding(false),
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "loralint.dll"));
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in variables ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ToolRun(process.ExitCode, output, error.Result);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
