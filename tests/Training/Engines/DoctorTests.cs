using System.Text.Json;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Tests.Training.Engines;

/// <summary><c>loralint doctor</c>.</summary>
public sealed class DoctorTests
{
    private const string Cpu = """{"engine":"torch","devices":[{"name":"cpu","description":"libtorch"}]}""";
    private const string Gpu = """
        {"engine":"torch","devices":[{"name":"cuda:0","description":"NVIDIA H100","memory_bytes":85000000000}]}
        """;


    [Fact]
    public void A_machine_with_nothing_but_the_tool_works_and_learns_what_there_could_be()
    {
        using var rig = new EngineRig();
        var run = rig.Scratch.Run("doctor");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("managed           it works\n                  cpu: 2 cores, AVX2, 8 GB\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("runtime           .NET 10.0.9\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("sdk               .NET SDK 10.0.401\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("nvidia            no driver: libcuda.so.1 is not there\n", run.Out, StringComparison.Ordinal);
        Assert.Contains(
            "torch-cpu         it is not installed\n                  to have it: loralint engine install torch-cpu\n", run.Out,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Each_thing_has_a_state_in_JSON()
    {
        using var rig = new EngineRig().With("torch-cuda-linux", Gpu);
        rig.Scratch.Machine = rig.Scratch.Machine with { Cuda = () => new NvidiaDriver(12080, null), NvidiaVersion = () => "570.86.15" };
        var run = rig.Scratch.Run("doctor", "--json", "--full");
        Assert.Equal(0, run.Code);
        using var json = JsonDocument.Parse(run.Out);
        Assert.True(json.RootElement.GetProperty("works").GetBoolean());
        Assert.Equal("driver 570.86.15, for CUDA 12.8", Entry(json, "nvidia").GetProperty("detail").GetString());
        var device = Entry(json, "torch-cuda-linux").GetProperty("devices")[0];
        Assert.Equal(("cuda:0", 85000000000), (device.GetProperty("name").GetString(), device.GetProperty("memory_bytes").GetInt64()));
    }

    public static TheoryData<string, string, string> Broken => new()
    {
        { "removed", "libtorch_cpu.so is missing", "loralint engine install torch-cpu" },
        { "truncated", "libtorch_cpu.so is truncated", "loralint engine install torch-cpu" },
        { "other content", "libtorch_cpu.so is not the file that was installed: its content differs", "loralint engine install torch-cpu" },
        { "half a record", "engine.json is damaged", "loralint engine install torch-cpu" },
        { "another trainer", "it was made for another build of LoraLint", "loralint engine install torch-cpu" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_damaged_engine_is_named_with_its_remedy(string fault, string told, string remedy)
    {
        using var rig = new EngineRig().With("torch-cpu", Cpu);
        EngineListTests.Plant(rig, fault);
        // Without --full a content that differs is not looked for.
        Assert.Equal(fault == "other content" ? 0 : 1, rig.Scratch.Run("doctor").Code);
        var run = rig.Scratch.Run("doctor", "--full", "--json");
        Assert.Equal(1, run.Code);
        using var json = JsonDocument.Parse(run.Out);
        var entry = Entry(json, "torch-cpu");
        Assert.Equal("broken", entry.GetProperty("state").GetString());
        Assert.Contains(told, entry.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(remedy, entry.GetProperty("remedy").GetString());
        Assert.False(json.RootElement.GetProperty("works").GetBoolean());
        Assert.Equal("works", Entry(json, "managed").GetProperty("state").GetString());
    }

    [Fact]
    public void An_engine_that_dies_is_told_with_its_signal()
    {
        using var rig = new EngineRig().With("torch-cpu", "noise", "kill -7 $$");
        var run = rig.Scratch.Run("doctor");
        Assert.Equal(1, run.Code);
        Assert.Contains("torch-cpu         error: it does not work: it was ended by SIGBUS\n", run.Out, StringComparison.Ordinal);
        Assert.Contains(
            "remedy: loralint doctor --full compares its files; loralint engine install torch-cpu\n", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_for_GPUs_that_finds_none_is_broken_and_so_is_a_driver_that_it_lacks()
    {
        using var rig = new EngineRig().With("torch-cuda-linux", Cpu);
        using var json = JsonDocument.Parse(rig.Scratch.Run("doctor", "--json").Out);
        Assert.Equal("broken", Entry(json, "torch-cuda-linux").GetProperty("state").GetString());
        Assert.Contains("it finds no GPU", Entry(json, "torch-cuda-linux").GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("broken", Entry(json, "nvidia").GetProperty("state").GetString());
    }

    [Fact]
    public void Without_a_trainer_or_a_runtime_nothing_trains()
    {
        using var rig = new EngineRig();
        rig.Scratch.Write("runtimes", "Microsoft.NETCore.App 9.0.1 [/usr]\n").Write("sdks", "");
        rig.Scratch.Variables["LORALINT_TRAINER"] = "nowhere";
        using var json = JsonDocument.Parse(rig.Scratch.Run("doctor", "--json").Out);
        foreach (var name in new[] { "runtime", "trainer", "managed" })
        {
            Assert.Equal("broken", Entry(json, name).GetProperty("state").GetString());
            Assert.NotNull(Entry(json, name).GetProperty("remedy").GetString());
        }

        Assert.Equal("absent", Entry(json, "sdk").GetProperty("state").GetString());
    }

    private static JsonElement Entry(JsonDocument json, string name) =>
        json.RootElement.GetProperty("entries").EnumerateArray().Single(e => e.GetProperty("name").GetString() == name);
}
