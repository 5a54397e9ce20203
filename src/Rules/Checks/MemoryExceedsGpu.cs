using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Even what a run takes at least is more than the card has.</summary>
public sealed class MemoryExceedsGpu : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL601",
        Name = "memory-exceeds-gpu",
        Category = Category.Memory,
        Summary = "The run takes more memory than the card has, whatever saves memory.",
        Why = "It ends with CUDA out of memory, often only after the base model was downloaded and loaded.",
        Sources =
        [
            new("Estimate and measurements (docs/memory.md)"),
            new("QLoRA, arXiv 2305.14314", "section 3: bits of a weight with its constants"),
            new("huggingface/peft@5d602fdb (2026-08-21)", "src/peft/tuners/lora/layer.py: adapters beside a base that stays in memory"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (context.Gpu is not { } gpu || LeastOf(context) is not { } least || least.Bytes <= gpu.Bytes)
            return;
        var model = context.BaseModel.Model!;
        var bits = BitsOf(config, model);
        var way = bits >= 16 ? "in 16 bits" : bits >= 8 ? "in 8 bits" : "in 4 bits";
        var inFourBits = bits >= 8 && least.InFourBits <= gpu.Bytes
            ? $"in 4 bits it takes at least {MemoryEstimate.Shown(least.InFourBits)}" : MemoryRemedy.Larger;
        var (remedy, fix) = context.Workload.Read() is { } load ? MemoryRemedy.Of(context, load, gpu) : (inFourBits, null);
        context.Report(
            config.BaseModel,
            $"{model.Name} {way} takes at least {MemoryEstimate.Shown(least.Bytes)} with this adapter and its optimizer, before "
            + $"activations that depend on the data, and {gpu.Name} has {CardMemory.Shown(gpu.Bytes)} (gpu); {remedy}",
            fix,
            related: context.Beside(config.QuantizationBits, config.Rank));
    }

    /// <summary>
    /// What the run takes on a card whatever saves memory, as configured and with the base in 4 bits; null where that is not known, and
    /// for what is not on one card as a whole.
    /// </summary>
    internal static (long Bytes, long InFourBits)? LeastOf(CheckContext context)
    {
        var config = context.Config;
        if (!config.TrainsLora || context.Format.Name is "mlx-lm" || OneCard.IsSpread(context)
            || context.BaseModel.Model is not { Dimensions: { } size } model)
            return null;
        var bits = BitsOf(config, model);
        // What is claimed has to hold for each way in which libraries name the modules.
        var adapters = context.BaseModel.Adapters;
        var least = long.MaxValue;
        var least4 = long.MaxValue;
        for (var i = 0; i < model.Shapes.Count; i++)
        {
            var load = LoadOf(context, size, model.Shapes[i], i < adapters.Count ? adapters[i] : null, bits);
            var inFourBits = load with { LinearBits = FourBits };
            if (FrameworkMemory.Least(load) is not { } bytes || FrameworkMemory.Least(inFourBits) is not { } bytes4)
                return null;
            (least, least4) = (Math.Min(least, bytes), Math.Min(least4, bytes4));
        }

        return (least, least4);
    }

    private const double FourBits = 4 + FrozenBytes.NestedConstantBits;

    // The fewest that the config allows: where it does not say, the base may be quantized.
    private static double BitsOf(TrainingConfig config, BaseModel model) =>
        model.Quantization is not null || CheckpointNames.SuggestsQuantized(model.Name) || !config.QuantizationBits.TryGet(out var bits)
            ? FourBits
        : bits >= 16 ? 16 : bits >= 8 ? 8 : FourBits;

    private static FrameworkLoad LoadOf(CheckContext context, ModelDimensions size, ModelShape shape, AdapterShape? adapter, double bits)
    {
        var config = context.Config;
        // Sequences are full for certain only when samples are packed into them.
        var isFull = config.Packing.Or(false) && !config.GradientCheckpointing.Or(true) && !OneCard.OffloadsActivations(context);
        var tokens = isFull && config.MaxSequenceLength.TryGet(out var length) && config.MicroBatchSize.TryGet(out var sequences)
            && length is > 0 and < 1e7 && sequences is > 0 and < 1e5 ? (long)(length * sequences) : 0;
        return new FrameworkLoad
        {
            Size = size,
            Model = shape,
            Adapters = adapter is null ? [] : AdapterSize.Of(adapter),
            SavedParameters = adapter?.SavedParameters ?? 0,
            LinearBits = bits,
            OptimizerBytes = OptimizerBytesOf(config),
            Tokens = tokens,
            Recomputes = tokens == 0,
        };
    }

    // AdamW's two moments, at least in 16 bits; in 8 with their constants; paged ones may lie on the host.
    private static double OptimizerBytesOf(TrainingConfig config) =>
        !config.Optimizer.TryGet(out var name) || name.IndexOf("adamw", StringComparison.OrdinalIgnoreCase) < 0
            || name.IndexOf("paged", StringComparison.OrdinalIgnoreCase) >= 0 || name.IndexOf('4') >= 0 ? 0
        : name.IndexOf('8') >= 0 ? 2 : 4;
}
