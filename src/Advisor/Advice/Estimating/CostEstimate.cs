using LoraLint.Rules.Knowledge.Memory;

namespace LoraLint.Advisor.Advice.Estimating;

/// <summary>What a run costs: its memory in several ways of storing the base, and what is written to the disk.</summary>
internal sealed class CostEstimate
{
    // PEFT keeps and saves adapters in 32 bits (tuners/tuners_utils.py, autocast_adapter_dtype), copies of modules as the base has them.
    private const int AdapterBytesOfValue = 4, SavedBytesOfValue = 2;

    /// <summary>Estimates a run.</summary>
    /// <param name="run">What is estimated.</param>
    /// <param name="gpu">The card, or null.</param>
    public CostEstimate(EstimatedRun run, Gpu? gpu)
    {
        Run = run;
        Gpu = gpu;
        var load = run.Workload;
        // The two ways side by side, and 8 bits where they are asked for.
        int[] bits = load.Bits == 8 ? [16, 8, 4] : [16, 4];
        Ways = [.. bits.Select(load.In).Select(way => new StoredWay(
            way.Bits, way.Bits == load.Bits, way.Estimate()!, gpu is null ? null : CardFit.Of(way, gpu.Bytes)))];
        AdapterBytes = (AdapterBytesOfValue * load.Adapter.AdapterParameters) + (SavedBytesOfValue * load.Adapter.SavedParameters);
        CheckpointBytes = AdapterBytes + (long)(load.OptimizerBytes * load.Adapter.Trainable);
    }

    /// <summary>What is estimated.</summary>
    public EstimatedRun Run { get; }

    /// <summary>The card, or null.</summary>
    public Gpu? Gpu { get; }

    /// <summary>The base in 16 bits, and quantized.</summary>
    public IReadOnlyList<StoredWay> Ways { get; }

    /// <summary>Bytes of the finished adapter's file.</summary>
    public long AdapterBytes { get; }

    /// <summary>Bytes of a checkpoint: the adapter and the optimizer's state.</summary>
    public long CheckpointBytes { get; }

    /// <summary>What trains in a layer of the middle of the model; 0 where no layer has an adapter.</summary>
    public long ParametersOfLayer
    {
        get
        {
            var adapter = Run.Workload.Adapter;
            return adapter.Modules.Where(m => m.Module.Layer is not null).GroupBy(m => m.Module.Layer)
                .Select(g => g.Sum(m => m.Parameters)).Order().ToList() is { Count: > 0 } layers ? layers[layers.Count / 2] : 0;
        }
    }
}

/// <summary>A way of storing the base.</summary>
/// <param name="Bits">4, 8 or 16.</param>
/// <param name="IsAsked">Whether the config has it so.</param>
/// <param name="Memory">What the run takes.</param>
/// <param name="Fit">Whether that goes into the card; null when no card is named.</param>
internal sealed record StoredWay(int Bits, bool IsAsked, MemoryEstimate Memory, CardFit? Fit)
{
    /// <summary>As people call it.</summary>
    public string Name => Bits switch { 16 => "LoRA, 16 bits", 8 => "LoRA, 8 bits", _ => "QLoRA, 4 bits" };
}
