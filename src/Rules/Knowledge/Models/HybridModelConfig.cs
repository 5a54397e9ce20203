using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>From the config.json of a decoder with linear attention or state spaces to its sizes.</summary>
internal static class HybridModelConfig
{
    private const int Kernel = 4;

    /// <summary>Reads the sizes; null where the model is built in a way that is not known.</summary>
    public static ModelDimensions? Read(ConfigNode root, string type) => type switch
    {
        "mamba" => Mamba(root),
        "jamba" => Jamba(root),
        _ => Qwen(root, type),
    };

    /// <summary>The sizes of a text model of Qwen3-Next's kind.</summary>
    public static ModelDimensions? Qwen(ConfigNode root, string type)
    {
        var hasExperts = type is "qwen3_next" or "qwen3_5_moe" or "qwen3_5_moe_text";
        var interval = Number(root, "full_attention_interval", 4);
        if (interval is < 1 or > 1000 || !AttentionStandsLast(root, interval) || Number(root, "linear_conv_kernel_dim", Kernel) != Kernel
            || ModelConfigFile.Flag(root, "attention_bias") || ModelConfigFile.IsFilled(root, "mlp_only_layers")
            || Number(root, "decoder_sparse_step", 1) != 1)
            return null;
        var experts = hasExperts ? Number(root, "num_experts") : 0;
        var expert = hasExperts ? Number(root, "moe_intermediate_size") : 0;
        return ModelConfigFile.Common(root, type) with
        {
            AttentionInterval = (int)interval,
            LinearKeyHeads = Number(root, "linear_num_key_heads"),
            LinearValueHeads = Number(root, "linear_num_value_heads"),
            LinearKeyHead = Number(root, "linear_key_head_dim"),
            LinearValueHead = Number(root, "linear_value_head_dim"),
            Experts = (int)Math.Min(experts, int.MaxValue),
            ExpertIntermediate = expert,
            SharedIntermediate = hasExperts ? Number(root, "shared_expert_intermediate_size") : 0,
            Intermediate = Number(root, "intermediate_size", expert),
        };
    }

    private static ModelDimensions? Mamba(ConfigNode root)
    {
        var hidden = Number(root, "hidden_size");
        if (ModelConfigFile.Flag(root, "use_bias") || !ModelConfigFile.Flag(root, "use_conv_bias", true)
            || Number(root, "conv_kernel", Kernel) != Kernel)
            return null;
        return ModelConfigFile.Plain(root, "mamba", hidden, 0, Number(root, "num_hidden_layers")) with
        {
            StateWidth = Number(root, "intermediate_size", ModelConfigFile.Product(hidden, Number(root, "expand", 2))),
            StateSize = Number(root, "state_size", 16),
            StepRank = StepRank(root, "time_step_rank", hidden),
        };
    }

    private static ModelDimensions? Jamba(ConfigNode root)
    {
        var (interval, offset) = (Number(root, "attn_layer_period", 8), Number(root, "attn_layer_offset", 4));
        var experts = Number(root, "expert_layer_period", 2);
        if (interval is < 1 or > 1000 || offset < 0 || offset >= interval || experts is < 1 or > 1000
            || Number(root, "expert_layer_offset", 1) != experts - 1 || ModelConfigFile.Flag(root, "mamba_proj_bias")
            || !ModelConfigFile.Flag(root, "mamba_conv_bias", true) || Number(root, "mamba_d_conv", Kernel) != Kernel
            || Number(root, "num_experts", 16) < 2)
            return null;
        var size = ModelConfigFile.Common(root, "jamba");
        return size with
        {
            AttentionInterval = (int)interval,
            AttentionOffset = (int)offset,
            ExpertInterval = (int)experts,
            Experts = (int)Math.Min(Number(root, "num_experts", 16), int.MaxValue),
            ExpertIntermediate = size.Intermediate,
            StateWidth = ModelConfigFile.Product(size.Hidden, Number(root, "mamba_expand", 2)),
            StateSize = Number(root, "mamba_d_state", 16),
            StepRank = StepRank(root, "mamba_dt_rank", size.Hidden),
        };
    }

    private static long StepRank(ConfigNode root, string key, long hidden) =>
        ModelConfigFile.TextOf(root, key) is null or "auto" ? (hidden + 15) / 16 : Number(root, key);

    // Where the file lists the layers' kinds, they must be as the interval says.
    private static bool AttentionStandsLast(ConfigNode root, long interval) =>
        root.Find("layer_types")?.Value is not { IsSequence: true } kinds
        || kinds.Items.Select((k, i) => (k.Text == "full_attention") == ((i + 1) % interval == 0)).All(same => same);

    private static long Number(ConfigNode root, string key, long whenAbsent = 0) => ModelConfigFile.Number(root, key, whenAbsent);
}
