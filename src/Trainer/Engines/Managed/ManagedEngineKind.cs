using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>The engine in C#, which every machine has.</summary>
public sealed class ManagedEngineKind : IEngineKind
{
    /// <summary>Its name.</summary>
    public const string KindName = "managed";

    /// <inheritdoc/>
    public string Name => KindName;

    /// <summary>The vector instructions in use.</summary>
    internal static string Instructions => SimdLevels.Choose() switch
    {
        SimdLevel.Avx512 => "AVX-512",
        SimdLevel.Avx2 => "AVX2",
        _ => "128-bit vectors",
    };

    /// <inheritdoc/>
    public IReadOnlyList<ComputeDevice> FindDevices() =>
        [new ComputeDevice("cpu", $"{Environment.ProcessorCount} cores, {Instructions}", GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)];

    /// <inheritdoc/>
    public ITrainingEngine Create(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options) =>
        new ManagedEngine(model, weights, plan, options);
}
