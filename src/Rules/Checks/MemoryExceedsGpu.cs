using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Even what a run takes at least is more than the card has.</summary>
public sealed class MemoryExceedsGpu : Rule
{
    // What spreads a model over cards, or keeps it elsewhere: how much of it is on one card is then not known.
    private static readonly string[] s_spreads =
    [
        "tensor_parallel_size", "tensor_model_parallel_size", "pipeline_model_parallel_size", "context_parallel_size",
        "expert_model_parallel_size", "device_map", "devices", "gpu_memory_limit", "max_memory", "fsdp_cpu_offload",
    ];

    private static readonly string[] s_offloads = ["activation_offloading", "enable_activation_offloading", "use_activation_offloading"];

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
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (context.GpuMemory is not { } card || !config.TrainsLora || context.Format.Name is "mlx-lm" || IsSpread(context)
            || context.BaseModel.Model is not { Dimensions: { } size } model)
            return;
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
                return;
            (least, least4) = (Math.Min(least, bytes), Math.Min(least4, bytes4));
        }

        if (least <= card)
            return;
        var way = bits >= 16 ? "in 16 bits" : bits >= 8 ? "in 8 bits" : "in 4 bits";
        var remedy = bits >= 8 && least4 <= card
            ? $"in 4 bits it takes at least {MemoryEstimate.Shown(least4)}"
            : "take a smaller base model, a larger card, or spread it over several";
        context.Report(
            config.BaseModel,
            $"{model.Name} {way} takes at least {MemoryEstimate.Shown(least)} with this adapter and its optimizer, before activations that "
            + $"depend on the data, and the card has {CardMemory.Shown(card)} (gpu-memory); {remedy}",
            related: context.Beside(config.QuantizationBits, config.Rank));
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
        var isFull = config.Packing.Or(false) && !config.GradientCheckpointing.Or(true) && !s_offloads.Any(context.Read.IsOn);
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

    private static bool IsSpread(CheckContext context) =>
        FsdpSettings.SwitchOf(context.Read, configIsEnough: true) is not null || DeepSpeedCompanion.Of(context) is { Stage: null or 3 }
        || s_spreads.Any(key => IsMoreThanOne(context, key));

    private static bool IsMoreThanOne(CheckContext context, string key) =>
        context.Read.Find(key) is { } entry && !context.Read.IsNull(entry.Value) && context.Read.Number(key).Or(2) != 1;
}
