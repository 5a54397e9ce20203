using LoraLint.Advisor.Reading;
using LoraLint.Advisor.Training.Engines;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Runs;

namespace LoraLint.Advisor.Training;

/// <summary>What a run is estimated to take of the memory of what computes, before anything is loaded.</summary>
/// <param name="Estimate">For full sequences; null where the model is not known or samples may be of any length.</param>
/// <param name="Warning">That it cannot fit, whatever the samples are like; null where it may, or where the memory is not known.</param>
internal sealed record MemoryPlan(MemoryEstimate? Estimate, string? Warning)
{
    /// <summary>Estimates a run.</summary>
    public static MemoryPlan Of(TrainingRun run, EngineChoice engine)
    {
        if (new BaseModelFiles().Find(run.BaseModel, run.BaseModel, ModelOrigin.Folder).Model is not { } model)
            return new MemoryPlan(null, null);
        var isManaged = engine.Engine == EngineChoice.Managed;
        var bytes = StoredBytes(run.BaseModel, model);
        var least = RunMemory.Least(run, model, isManaged, engine.IsGpu, bytes);
        var warning = engine.MemoryBytes is { } memory && least > memory
            ? $"the run takes at least {MemoryEstimate.Shown(least.Value)} and {engine.Device} has {MemoryEstimate.Shown(memory)}, so its "
                + "memory will not suffice: " + (run.Quantization is null ? "quantize the base model to 4 bits, or " : "")
                + "take a smaller one (rule memory-exceeds-gpu, with gpu in loralint.yaml, tells it in a check)"
            : null;
        return new MemoryPlan(RunMemory.Estimate(run, model, isManaged, engine.IsGpu, bytes), warning);
    }

    // 32 bits or 16, as the size of the files tells.
    private static int StoredBytes(string folder, BaseModel model)
    {
        var bytes = new DirectoryInfo(folder).EnumerateFiles("*.safetensors").Sum(file => file.Length);
        return bytes >= 3 * model.Parameters ? 4 : 2;
    }
}
