using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Linting;

/// <summary>
/// What a config says about the memory of its run. The command <c>estimate</c>, rules and hovers read it here, so that all of them have the
/// same numbers.
/// </summary>
public sealed class ConfigWorkload(RecognisedConfig recognised, BaseModelView baseModel)
{
    // Keys by which configs switch a fused loss on: Liger's kernels, cut cross-entropy, axolotl's and torchtune's chunks.
    private static readonly string[] s_fusedLosses =
    [
        "liger_fused_linear_cross_entropy", "cut_cross_entropy", "chunked_cross_entropy", "use_liger_kernel", "use_liger",
        "enable_liger_kernel", "use_unsloth",
    ];

    private TrainingConfig Config => recognised.Config;

    /// <summary>How the framework computes; null where there is no estimate for it.</summary>
    public EstimatedFramework? Framework => EstimatedFramework.Find(recognised.Format.Name) is { } found ? With(found) : null;

    /// <summary>A framework with what the config's keys say about the loss.</summary>
    public EstimatedFramework With(EstimatedFramework framework) =>
        s_fusedLosses.Any(recognised.Reader.IsOn) ? framework.WithFusedLoss() : framework;

    /// <summary>Bits that the base is stored in, 4, 8 or 16; null where that is not known.</summary>
    public static int? BitsOf(TrainingConfig config, BaseModel model) =>
        config.QuantizationBits.TryGet(out var bits) ? bits <= 4 ? 4 : bits <= 8 ? 8 : 16
        : config.Method.Or(TuningMethod.Unknown) == TuningMethod.Qlora || model.Quantization is not null ? 4 : null;

    /// <summary>A whole number from 1 on; null where a setting has none.</summary>
    public static long? CountOf(Setting<double> setting) =>
        setting.TryGet(out var number) && number >= 1 && number <= Workload.Most && number == Math.Floor(number) ? (long)number : null;

    /// <summary>Whether activations are computed again; null where that is not known.</summary>
    public bool? Recomputes => Config.GradientCheckpointing.TryGet(out var known) ? known
        // Its own kind of checkpointing, which is on unless a call says otherwise (unsloth/models/llama.py, get_peft_model).
        : recognised.Format.Name == "unsloth" && recognised.Reader.Bool("use_gradient_checkpointing").Or(true) ? true : null;

    /// <summary>The load on a card; null where anything that decides on it is not known.</summary>
    public Workload? Read()
    {
        // Tasks with a second model or with answers that are sampled take memory that the estimate knows nothing of.
        if (!Config.TrainsLora || Config.Task is TrainingTask.Preference or TrainingTask.Reinforcement
            || Framework is not { } framework || baseModel.Model is not { Dimensions: { } size } model
            || LayerWidths.Of(size, model.Shape) is null || AdapterOf(model) is not { Trainable: > 0, Refused.Count: 0 } adapter
            || BitsOf(Config, model) is not { } bits || Recomputes is not { } recomputes
            || !Config.Optimizer.TryGet(out var optimizer) || OptimizerMemory.BytesOf(optimizer) is not { } optimizerBytes
            || CountOf(Config.MicroBatchSize) is not { } micro || CountOf(Config.MaxSequenceLength) is not { } length)
            return null;
        return new Workload
        {
            Model = model,
            Adapter = adapter,
            Framework = framework,
            Bits = bits,
            IsDouble = Config.DoubleQuantization.Or(true),
            OptimizerBytes = optimizerBytes,
            MicroBatchSize = micro,
            SequenceLength = length,
            Recomputes = recomputes,
            Drops = Config.Dropout.Or(0) > 0,
            UsesDora = Config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora,
        };
    }

    /// <summary>What PEFT is told, or what switches in place of names come to; null where that is not known.</summary>
    public AdapterRequest? Request
    {
        get
        {
            if (baseModel.Model is not { } model)
                return null;
            var request = baseModel.Request
                ?? (Config.TargetModules.TryGet(out var modules) ? AdapterRequests.OfRoles(model, modules) : null);
            return request is null || CountOf(Config.Rank) is not { } rank || rank > AdapterRequest.LargestRank ? null
                : request with { Rank = rank, UseDora = Config.Method.Or(TuningMethod.Unknown) == TuningMethod.Dora };
        }
    }

    private AdapterShape? AdapterOf(BaseModel model) =>
        Request is { NotCounted: null } request ? AdapterShape.Find(model.Shape, request) : null;
}
