using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Whether all that a run takes lies on each card that it runs on.</summary>
internal static class OneCard
{
    // What spreads a model over cards, or keeps it elsewhere: how much of it is on one card is then not known.
    private static readonly string[] s_spreads =
    [
        "tensor_parallel_size", "tensor_model_parallel_size", "pipeline_model_parallel_size", "context_parallel_size",
        "expert_model_parallel_size", "device_map", "devices", "gpu_memory_limit", "max_memory", "fsdp_cpu_offload",
    ];

    private static readonly string[] s_offloads = ["activation_offloading", "enable_activation_offloading", "use_activation_offloading"];

    /// <summary>Whether weights are spread over cards or may lie on the host.</summary>
    public static bool IsSpread(CheckContext context) =>
        FsdpSettings.SwitchOf(context.Read, configIsEnough: true) is not null || DeepSpeedCompanion.Of(context) is { Stage: null or 3 }
        || s_spreads.Any(key => IsMoreThanOne(context, key));

    /// <summary>Whether activations may lie on the host.</summary>
    public static bool OffloadsActivations(CheckContext context) => s_offloads.Any(context.Read.IsOn);

    private static bool IsMoreThanOne(CheckContext context, string key) =>
        context.Read.Find(key) is { } entry && !context.Read.IsNull(entry.Value) && context.Read.Number(key).Or(2) != 1;
}
