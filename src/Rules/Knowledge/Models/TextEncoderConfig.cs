using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>From the config.json of an encoder of text (BERT and its kin) to its sizes.</summary>
internal static class TextEncoderConfig
{
    /// <summary>Reads the sizes; null where the model is built in a way that is not known.</summary>
    public static ModelDimensions? Read(ConfigNode root, string type) => type switch
    {
        "distilbert" => DistilBert(root),
        "deberta-v2" => Deberta(root),
        "modernbert" => ModernBert(root),
        _ => Bert(root, type),
    };

    private static ModelDimensions? Bert(ConfigNode root, string type) =>
        (ModelConfigFile.TextOf(root, "position_embedding_type") ?? "absolute") != "absolute"
        || ModelConfigFile.Flag(root, "is_decoder") || ModelConfigFile.Flag(root, "add_cross_attention") ? null
            : Common(root, type) with
            {
                Positions = ModelConfigFile.Number(root, "max_position_embeddings", 512),
                Segments = ModelConfigFile.Number(root, "type_vocab_size", 2),
            };

    private static ModelDimensions DistilBert(ConfigNode root) =>
        ModelConfigFile.Plain(
            root,
            "distilbert",
            ModelConfigFile.Number(root, "dim", 768),
            ModelConfigFile.Number(root, "n_heads", 12),
            ModelConfigFile.Number(root, "n_layers", 6)) with
        {
            Intermediate = ModelConfigFile.Number(root, "hidden_dim", 3072),
            Positions = ModelConfigFile.Number(root, "max_position_embeddings", 512),
        };

    // Version 3: one table of relative positions in buckets, which keys and queries share; version 2 has a convolution beside it.
    private static ModelDimensions? Deberta(ConfigNode root)
    {
        var hidden = ModelConfigFile.Number(root, "hidden_size", 1536);
        var buckets = ModelConfigFile.Number(root, "position_buckets");
        return ModelConfigFile.Flag(root, "position_biased_input", true) || !ModelConfigFile.Flag(root, "relative_attention")
            || !ModelConfigFile.Flag(root, "share_att_key") || ModelConfigFile.Number(root, "type_vocab_size") != 0
            || ModelConfigFile.Number(root, "conv_kernel_size") != 0 || buckets <= 0
            || ModelConfigFile.TextOf(root, "norm_rel_ebd") != "layer_norm"
            || ModelConfigFile.Number(root, "pooler_hidden_size", hidden) != hidden
            || ModelConfigFile.Number(root, "embedding_size", hidden) != hidden
                ? null : Common(root, "deberta-v2") with { Positions = 2 * buckets };
    }

    private static ModelDimensions? ModernBert(ConfigNode root) =>
        ModelConfigFile.Flag(root, "attention_bias") || ModelConfigFile.Flag(root, "mlp_bias") || ModelConfigFile.Flag(root, "norm_bias")
        || ModelConfigFile.Flag(root, "classifier_bias") || !ModelConfigFile.Flag(root, "decoder_bias", true)
            ? null : Common(root, "modernbert");

    private static ModelDimensions Common(ConfigNode root, string type) =>
        ModelConfigFile.Plain(
            root,
            type,
            ModelConfigFile.Number(root, "hidden_size"),
            ModelConfigFile.Number(root, "num_attention_heads"),
            ModelConfigFile.Number(root, "num_hidden_layers")) with
        {
            Intermediate = ModelConfigFile.Number(root, "intermediate_size"),
        };
}
