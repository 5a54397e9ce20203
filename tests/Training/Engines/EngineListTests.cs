using System.Text.Json;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Tests.Training.Engines;

/// <summary><c>loralint engine list</c> and <c>remove</c>.</summary>
public sealed class EngineListTests
{
    private const string Works = """{"engine":"torch","devices":[{"name":"cpu","description":"libtorch"}]}""";

    [Fact]
    public void Without_engines_there_is_what_could_be_installed_here()
    {
        using var rig = new EngineRig();
        var run = rig.Scratch.Run("engine", "list");
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(
            ["engine            state          TorchSharp  size  installed", "managed           built in       -           -     -",
                "torch-cuda-linux  not installed  -           -     -", "torch-cpu         not installed  -           -     -", "",
                $"folder: {rig.Scratch.PathTo("home/engines")}", ""],
            run.Out.Split('\n'));
        Assert.Empty(rig.Left);
    }

    public static TheoryData<string, string, string?> Faults => new()
    {
        { "none", "ready", null },
        { "truncated", "damaged", "libtorch_cpu.so is truncated: it has 2999 bytes instead of 3000" },
        { "removed", "damaged", "libtorch_cpu.so is missing" },
        { "no record", "damaged", "engine.json is missing" },
        { "half a record", "damaged", "engine.json is damaged" },
        { "a list", "damaged", "engine.json is damaged" },
        { "null in it", "damaged", "engine.json is damaged" },
        { "a path outside", "damaged", "engine.json is damaged" },
        { "a later record", "damaged", "engine.json is of another version of LoraLint" },
        { "another LoraLint", "outdated", "it was made for LoraLint 0.0.9" },
        { "another trainer", "outdated", "it was made for another build of LoraLint (LoraLint.Rules.dll differs)" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void An_engine_is_as_its_files_are_and_can_be_removed_in_any_state(string fault, string state, string? problem)
    {
        using var rig = new EngineRig();
        rig.With("torch-cpu", Works);
        Plant(rig, fault);
        using var json = JsonDocument.Parse(rig.Scratch.Run("engine", "list", "--json").Out);
        var engine = json.RootElement.GetProperty("engines")[0];
        Assert.Equal(("torch-cpu", state), (engine.GetProperty("name").GetString(), engine.GetProperty("state").GetString()));
        Assert.StartsWith(problem ?? "", engine.GetProperty("problem").GetString() ?? "", StringComparison.Ordinal);
        Assert.True(engine.GetProperty("bytes").GetInt64() > 0);
        var text = rig.Scratch.Run("engine", "list").Out;
        Assert.Equal(problem is not null, text.Contains("install it again: loralint engine install torch-cpu", StringComparison.Ordinal));

        var removed = rig.Scratch.Run("engine", "remove", "torch-cpu");
        Assert.Equal((0, ""), (removed.Code, removed.Error));
        Assert.StartsWith("Removed torch-cpu, ", removed.Out, StringComparison.Ordinal);
        Assert.Empty(rig.Left);
    }

    [Fact]
    public void Removing_what_is_not_there_is_a_mistake()
    {
        using var rig = new EngineRig();
        Assert.Equal((2, "error: torch-cpu is not installed; `loralint engine list` shows what is\n"),
            (rig.Scratch.Run("engine", "remove", "torch-cpu").Code, rig.Scratch.Run("engine", "remove", "torch-cpu").Error));
        Assert.Equal(2, rig.Scratch.Run("engine", "remove", "../x").Code);
    }

    [Fact]
    public void A_folder_that_says_where_engines_belong_must_be_known()
    {
        using var rig = new EngineRig();
        rig.Scratch.Variables.Remove("LORALINT_HOME");
        Assert.Equal(2, rig.Scratch.Run("engine", "list").Code);
        Holds("HOME", rig.Scratch.Root, ".local/share/loralint/engines");
        Holds("XDG_DATA_HOME", "relative", ".local/share/loralint/engines");
        Holds("XDG_DATA_HOME", rig.Scratch.PathTo("data"), "data/loralint/engines");

        void Holds(string variable, string value, string folder)
        {
            rig.Scratch.Variables[variable] = value;
            Assert.Contains($"folder: {rig.Scratch.PathTo(folder)}\n", rig.Scratch.Run("engine", "list").Out, StringComparison.Ordinal);
        }
    }

    /// <summary>Spoils an installed torch-cpu.</summary>
    internal static void Plant(EngineRig rig, string fault)
    {
        const string engine = "home/engines/torch-cpu/";
        const string path = engine + EngineRecord.FileName;
        var record = rig.Scratch.Read(path);
        void Change(string from, string to) => rig.Scratch.Write(path, record.Replace(from, to, StringComparison.Ordinal));
        switch (fault)
        {
            case "truncated":
                rig.Scratch.Write(engine + "libtorch_cpu.so", EngineRig.Library[1..]);
                break;
            case "other content":
                rig.Scratch.Write(engine + "libtorch_cpu.so", "y" + EngineRig.Library[1..]);
                break;
            case "removed":
                File.Delete(rig.Scratch.PathTo(engine + "libtorch_cpu.so"));
                break;
            case "no record":
                File.Delete(rig.Scratch.PathTo(engine + EngineRecord.FileName));
                break;
            case "half a record":
                rig.Scratch.Write(path, record[..(record.Length / 2)]);
                break;
            case "a list":
                rig.Scratch.Write(path, "[]");
                break;
            case "null in it":
                Change("\"path\": \"libtorch_cpu.so\"", "\"path\": null");
                break;
            case "a path outside":
                Change("\"libtorch_cpu.so\"", "\"../../libtorch_cpu.so\"");
                break;
            case "a later record":
                Change("\"version\": 1", "\"version\": 2");
                break;
            case "another LoraLint":
                Change("\"loralint_version\": \"", "\"loralint_version\": \"0.0.9");
                break;
            case "another trainer":
                rig.Scratch.Write("trainer/LoraLint.Rules.dll", "other rules");
                break;
        }
    }
}
