using System.Diagnostics;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Tests.Training.Engines;

/// <summary><c>loralint engine install</c>: whole or not at all.</summary>
public sealed class EngineInstallTests
{
    private const string Corrupt = "the library libtorch_cpu.so is corrupt or truncated";

    [Fact]
    public void An_engine_is_built_checked_recorded_and_gets_its_name()
    {
        using var rig = new EngineRig();
        var run = rig.Install();
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.StartsWith(
            $"Downloading TorchSharp-cpu 0.106.0, about 500 MB, from {rig.Scratch.PathTo("feed")}\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("1 of them joined from parts and checked", run.Out, StringComparison.Ordinal);
        Assert.Equal(["torch-cpu"], rig.Left);
        var engine = new InstalledEngine(rig.Scratch.PathTo("home/engines/torch-cpu"));
        Assert.Null(engine.FindDamage(withHashes: true));
        Assert.Equal(("torch-cpu", "0.106.0"), (engine.Record!.Name, engine.Record.Packages["TorchSharp"]));
        Assert.Equal([rig.Scratch.PathTo("feed")], engine.Record.Sources);
        Assert.Contains("libtorch_cpu.so", engine.Record.Files.Select(f => f.Path));
        Assert.DoesNotContain("Google.Protobuf", engine.Record.Packages.Keys);
    }

    [Fact]
    public void The_build_sees_the_sources_the_feeds_and_nothing_above_it()
    {
        using var rig = new EngineRig();
        rig.Scratch.Write("publish", "cp -r . \"$here/seen\"; env > \"$here/environment\"; exit 1\n");
        Assert.Equal(2, rig.Install().Code);
        var seen = rig.Scratch.PathTo("seen");
        Assert.Equal(
            [".editorconfig", "Directory.Build.props", "Directory.Build.rsp", "Directory.Build.targets", "Directory.Packages.props",
                "Kernels/TorchEngine.cs", "LoraLint.Trainer.Torch.csproj", "global.json", "nuget.config"],
            Directory.EnumerateFiles(seen, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(seen, f))
                .Order(StringComparer.Ordinal));
        Assert.Contains($"value=\"{rig.Scratch.PathTo("feed")}\"", rig.Scratch.Read("seen/nuget.config"), StringComparison.Ordinal);
        Assert.Contains("<TorchSharp>cpu</TorchSharp>", rig.Scratch.Read("seen/Directory.Build.props"), StringComparison.Ordinal);
        var environment = rig.Scratch.Read("environment");
        Assert.Contains("NUGET_HTTP_CACHE_PATH=" + rig.Scratch.PathTo("home/engines/.building-"), environment, StringComparison.Ordinal);
        Assert.Contains("TMPDIR=" + rig.Scratch.PathTo("home/engines/.building-"), environment, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_source_those_of_the_machine_count()
    {
        using var rig = new EngineRig();
        rig.Scratch.Write("publish", "cp nuget.config \"$here/seen\"; exit 1\n");
        Assert.Contains("NuGet settings", rig.Scratch.Run("engine", "install", "torch-cpu").Out, StringComparison.Ordinal);
        Assert.DoesNotContain("clear /><add", rig.Scratch.Read("seen"), StringComparison.Ordinal);
        Assert.DoesNotContain("<packageSources>", rig.Scratch.Read("seen"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_password_in_an_address_is_not_told()
    {
        using var rig = new EngineRig();
        var run = rig.Scratch.Run("engine", "install", "torch-cpu", "--source", "https://me:word@example.org/v3/index.json?key=word");
        Assert.Equal(0, run.Code);
        Assert.Contains("https://example.org/v3/index.json", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("word", run.Out + rig.Scratch.Read("home/engines/torch-cpu/engine.json"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("head -c 2000 \"$here/built/libtorch_cpu.so\" > \"$out/libtorch_cpu.so\"", Corrupt)]
    [InlineData("printf y | dd of=\"$out/libtorch_cpu.so\" bs=1 seek=1500 conv=notrunc 2>/dev/null", Corrupt)]
    [InlineData("printf 0 > \"$out/libtorch_cpu.so.sha\"", Corrupt)]
    [InlineData("rm \"$out/libtorch_cpu.so\"", "the library libtorch_cpu.so was not made from its parts")]
    [InlineData("rm \"$out/loralint-trainer-torch.dll\"", "the build of torch-cpu left no loralint-trainer-torch.dll")]
    [InlineData("rm \"$out/loralint-trainer-torch.deps.json\"", "the build left no readable loralint-trainer-torch.deps.json")]
    [InlineData("echo '/x/A.cs(1,2): error CS1: bad [/x/A.csproj]'; exit 1", "error: /x/A.cs(1,2): error CS1: bad\n")]
    [InlineData("echo 'A.csproj : error NU1101: Unable to find package TorchSharp-cpu'; exit 1", "the sources must have every package")]
    [InlineData("echo 'what'; exit 1", "could not be built:\nerror: what\n")]
    [InlineData("kill -9 $$", "torch-cpu could not be built")]
    public void What_the_build_spoils_is_told_and_leaves_nothing(string fault, string told)
    {
        using var rig = new EngineRig();
        rig.Publishes(EngineRig.Probe("{}"), fault);
        var run = rig.Install();
        Assert.Equal(2, run.Code);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
        Assert.Empty(rig.Left);
    }

    [Theory]
    [InlineData("""{"engine":"torch","error":"libtorch does not load"}""", "exit 0", "libtorch does not load")]
    [InlineData("", "kill -7 $$", "it was ended by SIGBUS")]
    [InlineData("", "echo 'cannot open libgomp' >&2; kill -6 $$", "it was ended by SIGABRT: cannot open libgomp")]
    [InlineData("noise {", "exit 0", "it has no engine torch")]
    [InlineData("", "exit 5", "it ended with exit code 5")]
    [InlineData("""{"engine":"torch","devices":[]}""", "exit 0", "it found no device")]
    public void An_engine_that_does_not_work_is_not_installed(string lines, string more, string told)
    {
        using var rig = new EngineRig();
        rig.Publishes(EngineRig.Probe(lines, more));
        var run = rig.Install();
        Assert.Equal((2, $"error: the engine was built but does not work here: {told}\n"), (run.Code, run.Error));
        Assert.Empty(rig.Left);
    }

    [Fact]
    public void An_engine_that_gives_no_answer_is_ended()
    {
        using var rig = new EngineRig();
        rig.Scratch.Machine = rig.Scratch.Machine with { ProbeLimit = TimeSpan.FromMilliseconds(200) };
        rig.Publishes(EngineRig.Probe("", "echo $$ > \"$(dirname \"$0\")/../../../pid\"; sleep 60"));
        var run = rig.Install();
        Assert.Equal((2, "error: the engine was built but does not work here: it gave no answer within 0.2 s\n"), (run.Code, run.Error));
        Assert.False(IsAlive(rig.Scratch.Read("home/pid")));
    }

    [Fact]
    public void Noise_of_libraries_does_no_harm()
    {
        using var rig = new EngineRig();
        const string answer = """{"engine":"torch","devices":[{"name":"cpu","description":"libtorch"}]}""";
        rig.Publishes(EngineRig.Probe($"[W] libtorch says hello\n{{ half\n{answer}\n{{\"other\":1}}"));
        Assert.Equal(0, rig.Install().Code);
    }

    [Fact]
    public void An_engine_that_is_there_stays_until_the_other_one_works()
    {
        using var rig = new EngineRig();
        Assert.Equal(0, rig.Install().Code);
        var before = rig.Scratch.Read("home/engines/torch-cpu/engine.json");
        rig.Publishes(EngineRig.Probe("", "kill -11 $$"));
        Assert.Equal(2, rig.Install().Code);
        Assert.Equal(before, rig.Scratch.Read("home/engines/torch-cpu/engine.json"));
        rig.Publishes(EngineRig.Probe("""{"engine":"torch","devices":[{"name":"cpu","description":"other"}]}"""));
        Assert.Equal(0, rig.Install().Code);
        Assert.NotEqual(before, rig.Scratch.Read("home/engines/torch-cpu/engine.json"));
        Assert.Equal(["torch-cpu"], rig.Left);
    }

    [Fact]
    public void Ctrl_C_ends_the_build_and_leaves_everything_as_it_was()
    {
        using var rig = new EngineRig();
        Assert.Equal(0, rig.Install().Code);
        var before = rig.Scratch.Read("home/engines/torch-cpu/engine.json");
        rig.Publishes(EngineRig.Probe("{}"), "echo $$ > \"$here/pid\"; touch \"$here/began\"; sleep 60");
        using var stop = new CancellationTokenSource();
        using var watcher = new FileSystemWatcher(rig.Scratch.Root, "began") { EnableRaisingEvents = true };
        watcher.Created += (_, _) => stop.Cancel();
        var run = rig.Install(stop.Token);
        Assert.Equal((130, "Interrupted; nothing was installed.\n"), (run.Code, run.Error));
        Assert.Equal(["torch-cpu"], rig.Left);
        Assert.Equal(before, rig.Scratch.Read("home/engines/torch-cpu/engine.json"));
        Assert.False(IsAlive(rig.Scratch.Read("pid")));
    }

    [Fact]
    public void What_a_killed_install_left_is_put_right_by_the_next_command()
    {
        using var rig = new EngineRig();
        Assert.Equal(0, rig.Install().Code);
        var engines = rig.Scratch.PathTo("home/engines");
        // Killed between the two renames of an exchange, and in a build.
        Directory.Move(Path.Combine(engines, "torch-cpu"), Path.Combine(engines, ".replaced-torch-cpu"));
        rig.Scratch.Write("home/engines/.building-torch-cpu-1/out/libtorch_cpu.so", "")
            .Write("home/engines/.removed-torch-cuda-linux/a", "");
        new EngineStore(engines).Lock().Dispose();
        Assert.Equal(["torch-cpu"], rig.Left);
        Assert.Null(new InstalledEngine(Path.Combine(engines, "torch-cpu")).FindDamage(withHashes: true));
    }

    [Fact]
    public void Two_at_a_time_are_refused()
    {
        using var rig = new EngineRig();
        using var taken = new EngineStore(rig.Scratch.PathTo("home/engines")).Lock();
        var run = rig.Install();
        Assert.Equal(2, run.Code);
        Assert.Contains("another `loralint engine` is at work", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_version_than_asked_for_is_refused()
    {
        using var rig = new EngineRig();
        rig.Publishes(EngineRig.Probe("{}"), version: "0.105.2");
        Assert.Equal((2, "error: the sources gave TorchSharp 0.105.2 in place of 0.106.0\n"), (rig.Install().Code, rig.Install().Error));
        Assert.Empty(rig.Left);
    }

    public static TheoryData<string, string, string> Lacks => new()
    {
        {
            "sdk 9 only", "torch-cpu", "the .NET 10 SDK, which builds the engine, is not there (there is 9.0.300); "
                + "install it from https://dotnet.microsoft.com/download"
        },
        { "no sdk", "torch-cpu", "(`dotnet --list-sdks` names none)" },
        { "no dotnet", "torch-cpu", "(`dotnet --list-sdks` names none)" },
        { "disk", "torch-cpu", "1 GB are free where" },
        { "disk", "torch-cuda-linux", "installing torch-cuda-linux takes 20 GB for a while" },
        { "no driver", "torch-cuda-linux", "torch-cuda-linux cannot work here: there is no NVIDIA driver (libcuda.so.1 is not there)" },
        { "old driver", "torch-cuda-linux", "the NVIDIA driver is too old: it runs CUDA 11.8, and 12.0 is the least" },
        { "windows", "torch-cpu", "" },
        { "arm", "torch-cpu", "torch-cpu is for linux-x64, win-x64, osx-arm64; this machine is linux-arm64" },
        { "none", "torch-cuda-windows", "torch-cuda-windows is for win-x64; this machine is linux-x64" },
        { "sources", "torch-cpu", "the sources of the engine are not beside the trainer" },
        { "feed", "torch-cpu", "--source feed: there is no such folder" },
        { "none", "torch-gpu", "there is no engine torch-gpu; there are torch-cuda-linux, torch-cuda-windows, torch-cpu" },
        { "none", "managed", "managed is built in" },
    };

    [Theory]
    [MemberData(nameof(Lacks))]
    public void What_is_lacking_is_told_before_anything_is_downloaded(string lack, string name, string told)
    {
        using var rig = new EngineRig();
        var cuda = lack == "old driver" ? 11080 : NvidiaDriver.Intended;
        var machine = rig.Scratch.Machine with { Cuda = () => new NvidiaDriver(cuda, null) };
        switch (lack)
        {
            case "sdk 9 only":
                rig.Scratch.Write("sdks", "9.0.300 [/usr/share/dotnet/sdk]\n");
                break;
            case "no sdk":
                rig.Scratch.Write("sdks", "");
                break;
            case "no dotnet":
                rig.Scratch.Variables["DOTNET_HOST_PATH"] = rig.Scratch.PathTo("nowhere");
                break;
            case "disk":
                machine = machine with { FreeBytes = _ => 1_000_000_000 };
                break;
            case "no driver":
                machine = rig.Scratch.Machine;
                break;
            case "windows":
                machine = machine with { Platform = "win-x64" };
                break;
            case "arm":
                machine = machine with { Platform = "linux-arm64" };
                break;
            case "sources":
                Directory.Delete(rig.Scratch.PathTo("trainer/torch"), recursive: true);
                break;
            case "feed":
                Directory.Delete(rig.Scratch.PathTo("feed"), recursive: true);
                break;
        }

        rig.Scratch.Machine = machine;
        var run = rig.Install(name);
        Assert.Equal(lack == "windows" ? 0 : 2, run.Code);
        Assert.Contains(told, run.Error, StringComparison.Ordinal);
        Assert.Equal(lack == "windows", rig.Calls.Contains("publish", StringComparison.Ordinal));
    }

    [Fact]
    public void A_driver_of_an_earlier_CUDA_12_suffices_with_a_word_about_it()
    {
        using var rig = new EngineRig();
        rig.Scratch.Machine = rig.Scratch.Machine with { Cuda = () => new NvidiaDriver(12020, null) };
        var run = rig.Install("torch-cuda-linux");
        Assert.Equal(0, run.Code);
        Assert.Contains("note: the NVIDIA driver runs CUDA 12.2; the libraries are made with 12.8", run.Out, StringComparison.Ordinal);
        Assert.Contains("but no GPU", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.106.0;1")]
    [InlineData("[0.106.0,)")]
    [InlineData("latest")]
    [InlineData("")]
    public void What_is_no_version_is_a_mistake(string version)
    {
        using var rig = new EngineRig();
        Assert.Equal(2, rig.Scratch.Run("engine", "install", "torch-cpu", "--version", version).Code);
        Assert.Equal("", rig.Calls);
    }

    private static bool IsAlive(string pid)
    {
        try
        {
            using var process = Process.GetProcessById(int.Parse(pid));
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
