using System.Text;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Training;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>A run over <see cref="QuadraticEngine"/> in a folder of its own, which can be started, stopped and resumed.</summary>
internal sealed class GivenRun : IDisposable
{
    private readonly ScratchFolder _scratch = new();

    public GivenRun(TrainingOptions? training = null, OptimizerOptions? optimizer = null)
    {
        Record = new RunRecord
        {
            Run = new TrainingRun
            {
                BaseModel = "/models/tiny",
                Lora = new LoraOptions { TargetsAllLinear = true },
                Data = new DataOptions { Train = [new DataSource { Path = "/data/train.jsonl" }] },
                Training = training ?? new TrainingOptions { Epochs = 2, GradientAccumulationSteps = 2, Save = new Cadence(2) },
                Optimizer = optimizer ?? new OptimizerOptions { LearningRate = 0.05, WarmupSteps = 2 },
                OutputDirectory = _scratch.PathTo("out"),
            },
            Config = new ConfigRecord("run.yaml", "loralint", "loralint: 1\nbase_model: tiny\n"),
            Findings = [],
            Notes = [],
            Forced = false,
            LoraLintVersion = "0.1.0",
        };
        WriteRecord(Record);
    }

    public RunRecord Record { get; private set; }

    public string Folder => _scratch.PathTo("out");

    /// <summary>The events of the last start.</summary>
    public List<RunEvent> Events { get; } = [];

    public QuadraticEngine Engine { get; private set; } = new();

    public GivenBatches Batches { get; set; } = new(7, 2);

    public RunIdentity Identity { get; set; } = new("data", "model", "quadratic", "AVX2", "0.1.0");

    public RunFiles Files { get; set; } = new HastyFiles();

    /// <summary>Called for each event, with the signal that ends the run.</summary>
    public Action<RunEvent, StopSignal> OnEvent { get; set; } = (_, _) => { };

    /// <summary>Sets the engine up before it is used.</summary>
    public Action<QuadraticEngine> Prepare { get; set; } = _ => { };

    public void Change(Func<TrainingRun, TrainingRun> change)
    {
        Record = Record with { Run = change(Record.Run) };
        WriteRecord(Record);
    }

    public EndReason Start(bool resume = false)
    {
        Events.Clear();
        Engine = new QuadraticEngine();
        Prepare(Engine);
        var stop = new StopSignal(() => throw new InvalidOperationException("left"));
        using var folder = RunFolder.Open(Folder, resume, Files);
        using var parts = PartsFor(folder);
        return new TrainingSession(folder, parts, stop, Take, TimeProvider.System).Run();

        void Take(RunEvent found)
        {
            Events.Add(found);
            OnEvent(found, stop);
        }
    }

    public TrainingParts PartsFor(RunFolder folder)
    {
        var plan = StepPlan.Of(Record.Run.Training, Batches.MicroBatches);
        var start = new StartEvent(
            Engine.Name, 1, "AVX2", "llama", 1000, 14, 7, 2, 20, 14, 1, 2, 3, plan.Steps, plan.Epochs, null, folder.Path, ["a note"]);
        return new TrainingParts(Engine, Batches, Identity, WriteAdapter, start, [Engine]);
    }

    public string Adapter => File.ReadAllText(Path.Combine(Folder, "adapter", "adapter_model.safetensors"));

    /// <summary>Folders of checkpoints, the half written too.</summary>
    public IReadOnlyList<string> Checkpoints => Directory.Exists(Path.Combine(Folder, "checkpoints"))
        ? [.. Directory.EnumerateDirectories(Path.Combine(Folder, "checkpoints"))
            .Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The metrics without what depends on time and memory.</summary>
    public string Metrics()
    {
        var text = new StringBuilder();
        foreach (var line in File.ReadAllLines(Path.Combine(Folder, "metrics.jsonl")))
        {
            var json = JsonNode.Parse(line)!.AsObject();
            foreach (var key in (string[])["tokens_per_second", "memory_bytes", "seconds", "seconds_left"])
                json.Remove(key);
            text.Append(json.ToJsonString()).Append('\n');
        }

        return text.ToString();
    }

    public void Dispose() => _scratch.Dispose();

    private void WriteAdapter(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "adapter_model.safetensors"), Engine.Bits());
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), "{}");
    }

    private void WriteRecord(RunRecord record)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(Path.Combine(Folder, RunRecord.FileName), RunJson.Write(record));
    }
}

/// <summary>Does not wait for the disk: tests end processes, not machines.</summary>
internal class HastyFiles : RunFiles
{
    protected override bool WaitsForDisk => false;
}
