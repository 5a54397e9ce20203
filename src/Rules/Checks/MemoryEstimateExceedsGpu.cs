using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>What a run is estimated to take is more than the card has.</summary>
public sealed class MemoryEstimateExceedsGpu : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL603",
        Name = "memory-estimate-exceeds-gpu",
        Category = Category.Memory,
        Summary = "The run is estimated to take more memory than the card has.",
        Why = "It ends with CUDA out of memory, at the first batch of long samples if not at the first step.",
        Sources =
        [
            new("Estimate and measurements (docs/memory.md)"),
            new("arXiv 2205.05198", "equation 1 and section 5: activations of a layer, and computing them again"),
            new(Knowledge.Upstream.Peft, "src/peft/utils/other.py, prepare_model_for_kbit_training: what is not quantized goes to 32 bits"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // What memory-exceeds-gpu says is said once.
        if (context.Gpu is not { } gpu || OneCard.IsSpread(context) || OneCard.OffloadsActivations(context)
            || context.Workload.Read() is not { } load || load.Estimate() is not { } memory || memory.Total <= gpu.Bytes
            || MemoryExceedsGpu.LeastOf(context) is { } least && least.Bytes > gpu.Bytes)
            return;
        var config = context.Config;
        var (remedy, fix) = MemoryRemedy.Of(context, load, gpu);
        context.Report(
            config.BaseModel,
            $"{load.Model.Name} with {MemoryRemedy.Sequences(load.MicroBatchSize)} of {load.SequenceLength} tokens in {load.Bits} "
            + $"bits takes {memory.InBrief()} on {load.Framework.Title}, and {gpu.Name} has {CardMemory.InFull(gpu.Bytes)}: "
            + $"{memory.InParts()}; {remedy}",
            fix,
            weaker: IsSure(context, load, gpu) ? null : Category.Advice,
            related: context.Beside(
                config.MicroBatchSize, config.MaxSequenceLength, config.GradientCheckpointing, config.QuantizationBits));
    }

    // Beyond the lower end of a band that was measured, and not for the longest samples alone.
    private static bool IsSure(CheckContext context, Workload load, Gpu gpu)
    {
        var certain = context.Config.Packing.Or(false) ? load : load with { SequenceLength = Math.Max(1, load.SequenceLength / 2) };
        return !load.Framework.MayTakeLess && certain.Estimate()!.Low > gpu.Bytes;
    }
}
