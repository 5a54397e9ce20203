using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Training.Engines;

/// <summary>
/// A machine with a trainer and a dotnet that are shell scripts: dotnet runs what is called a .dll as a script of its own, and `publish` is
/// a script that the test writes. Files and processes are real.
/// </summary>
internal sealed class EngineRig : IDisposable
{
    /// <summary>A trainer that answers with the managed engine, and says what it was told.</summary>
    private const string Trainer = """
        [ "$1" = probe ] && echo '{"engine":"managed","devices":[{"name":"cpu","description":"2 cores, AVX2","memory_bytes":8000000000}]}'
        [ "$1" = run ] && echo '{"event":"end","reason":"completed","step":1,"seconds":1}' && echo "managed trainer: $*" >&2
        exit 0
        """;

    public EngineRig()
    {
        Scratch.Write("dotnet", """
            #!/bin/sh
            here=$(dirname "$0")
            echo "$*" >> "$here/calls"
            case "$1" in
            --list-sdks) cat "$here/sdks" ;;
            --list-runtimes) cat "$here/runtimes" ;;
            publish)
              while [ "$1" != -o ]; do shift; done
              out=$2
              mkdir -p "$out"
              . "$here/publish" ;;
            *) script=$1; shift; exec sh "$script" "$@" ;;
            esac
            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Scratch.PathTo("dotnet"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Scratch.Write("sdks", "9.0.300 [/usr/share/dotnet/sdk]\n10.0.401 [/usr/share/dotnet/sdk]\n");
        Scratch.Write("runtimes", "Microsoft.AspNetCore.App 10.0.9 [/usr]\nMicrosoft.NETCore.App 10.0.9 [/usr]\n");
        Scratch.Write("trainer/loralint-trainer.dll", Trainer).Write("trainer/LoraLint.Rules.dll", "rules")
            .Write("trainer/torch/LoraLint.Trainer.Torch.csproj", "<Project />").Write("trainer/torch/Kernels/TorchEngine.cs", "// source");
        Scratch.Write("feed/packages", "");
        Publishes(Probe("""{"engine":"torch","devices":[{"name":"cpu","description":"libtorch"}]}"""));
        Scratch.Variables["DOTNET_HOST_PATH"] = Scratch.PathTo("dotnet");
        Scratch.Variables["LORALINT_TRAINER"] = Scratch.PathTo("trainer/loralint-trainer.dll");
        Scratch.Variables["LORALINT_HOME"] = Scratch.PathTo("home");
        Scratch.Machine = Machine.This with
        {
            Platform = "linux-x64",
            FreeBytes = _ => 100_000_000_000,
            Cuda = () => new NvidiaDriver(null, "libcuda.so.1 is not there"),
            NvidiaVersion = () => null,
        };
    }

    public ScratchFolder Scratch { get; } = new();

    /// <summary>The content of the library that the build joins from parts.</summary>
    public static string Library { get; } = new('x', 3000);

    /// <summary>The commands that dotnet was given.</summary>
    public string Calls => File.Exists(Scratch.PathTo("calls")) ? Scratch.Read("calls") : "";

    /// <summary>What is in the folder of engines, without its lock.</summary>
    public IEnumerable<string> Left => Directory.Exists(Scratch.PathTo("home/engines"))
        ? Directory.EnumerateFileSystemEntries(Scratch.PathTo("home/engines")).Select(p => Path.GetFileName(p)).Where(n => n != ".lock")
            .Order(StringComparer.Ordinal)
        : [];

    /// <summary>The script of a trainer that prints lines when it is asked what works, and does more behind that.</summary>
    public static string Probe(string lines, string more = "exit 0") => $"""
        if [ "$1" = probe ]; then
        cat <<'LINES'
        {lines}
        LINES
        {more}
        fi
        [ "$1" = run ] && echo '{"{"}"event":"end","reason":"completed","step":1,"seconds":1{"}"}' && echo "torch trainer: $*" >&2
        exit 0

        """;

    /// <summary>Lets `dotnet publish` leave an engine whose trainer is a script; more of it comes before its end.</summary>
    public void Publishes(string trainer, string more = "", string version = EnginePackage.TorchSharpVersion)
    {
        var libraries = new[] { $"TorchSharp/{version}", $"TorchSharp-cpu/{version}", "Google.Protobuf/3.21.9" };
        var dependencies = JsonSerializer.Serialize(new { libraries = libraries.ToDictionary(l => l, _ => new { }) });
        Scratch.Write("built/loralint-trainer-torch.dll", trainer).Write("built/loralint-trainer-torch.deps.json", dependencies)
            .Write("built/libtorch_cpu.so", Library).Write("built/libtorch_cpu.so.sha", HashOf(Library));
        Scratch.Write("publish", $"""
            cp "$here/trainer/loralint-trainer.dll" "$here/trainer/LoraLint.Rules.dll" "$out"
            cp -r "$here/built/." "$out"
            {more}

            """);
    }

    public ToolRun Install(string name = "torch-cpu") => Scratch.Run("engine", "install", name, "--source", "feed");

    /// <summary>The same, stopped by a token in place of Ctrl-C.</summary>
    public ToolRun Install(CancellationToken stop)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var request = new InstallRequest(EnginePackage.Find("torch-cpu")!, ["feed"], EnginePackage.TorchSharpVersion);
        var code = EngineCommands.Install(Scratch.TerminalOf(output, error), request, stop);
        return new ToolRun(code, output.ToString(), error.ToString());
    }

    /// <summary>An installed engine, as `engine install` leaves it.</summary>
    public EngineRig With(string name, string lines, string more = "exit 0")
    {
        Publishes(Probe("""{"engine":"torch","devices":[{"name":"cpu","description":"libtorch"}]}"""));
        var machine = Scratch.Machine;
        Scratch.Machine = machine with { Cuda = () => new NvidiaDriver(NvidiaDriver.Intended, null) };
        var run = Install(name);
        Assert.True(run.Code == 0, run.Error);
        Scratch.Machine = machine;
        // What the engine says afterwards is another matter than what it said then; engine.json is to know its trainer nevertheless.
        var engine = Scratch.PathTo($"home/engines/{name}");
        Scratch.Write($"home/engines/{name}/loralint-trainer-torch.dll", Probe(lines, more));
        var record = EngineRecord.Read(engine, out _)!;
        File.WriteAllBytes(Path.Combine(engine, EngineRecord.FileName), (record with
        {
            Files = EngineFiles.Describe(engine, CancellationToken.None).Where(f => f.Path != EngineRecord.FileName).ToList(),
        }).ToJson());
        return this;
    }

    public void Dispose() => Scratch.Dispose();

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
