namespace LoraLint.Trainer.Models;

/// <summary>The tensors and modules of a decoder by the names of transformers.</summary>
public static class ModelLayout
{
    /// <summary>The embedding's module.</summary>
    public const string Embedding = "model.embed_tokens";

    /// <summary>The last norm's module.</summary>
    public const string Norm = "model.norm";

    /// <summary>The output head's module, which has no tensor of its own when it is tied to the embedding.</summary>
    public const string Head = "lm_head";

    /// <summary>Every module with a weight in the order of the model: the embedding, the layers, the last norm, the head.</summary>
    public static IReadOnlyList<WeightedModule> Modules(ModelConfig config)
    {
        var modules = new List<WeightedModule> { new(Embedding, ModuleKind.Embedding, [config.VocabularySize, config.HiddenSize], false) };
        for (var layer = 0; layer < config.Layers; layer++)
            AddLayer(modules, config, $"model.layers.{layer}.");
        modules.Add(new WeightedModule(Norm, ModuleKind.Norm, [config.HiddenSize], false));
        modules.Add(new WeightedModule(Head, ModuleKind.Head, [config.VocabularySize, config.HiddenSize], false));
        return modules;
    }

    /// <summary>Every linear layer inside of the blocks, in the order of the model: all but the head.</summary>
    public static IEnumerable<WeightedModule> Linears(ModelConfig config) => Modules(config).Where(m => m.Kind == ModuleKind.Linear);

    /// <summary>Name and shape of every tensor that must be in the files.</summary>
    public static IEnumerable<(string Name, int[] Shape)> Tensors(ModelConfig config)
    {
        foreach (var module in Modules(config))
        {
            if (module.Kind != ModuleKind.Head || !config.TiesEmbeddings)
                yield return (module.Name + ".weight", module.Shape);
            if (module.HasBias)
                yield return (module.Name + ".bias", [module.Shape[0]]);
        }
    }

    private static void AddLayer(List<WeightedModule> modules, ModelConfig config, string prefix)
    {
        var hidden = config.HiddenSize;
        var queries = config.Heads * config.HeadSize;
        var keys = config.KeyValueHeads * config.HeadSize;
        var attention = prefix + "self_attn.";
        var mlp = prefix + "mlp.";
        AddNorm(prefix + "input_layernorm", hidden);
        if (config.HasFusedProjections)
        {
            AddLinear(attention + "qkv_proj", queries + (2 * keys), hidden, config.HasQueryKeyValueBias);
        }
        else
        {
            AddLinear(attention + "q_proj", queries, hidden, config.HasQueryKeyValueBias);
            AddLinear(attention + "k_proj", keys, hidden, config.HasQueryKeyValueBias);
            AddLinear(attention + "v_proj", keys, hidden, config.HasQueryKeyValueBias);
        }

        if (config.HasQueryKeyNorm)
        {
            AddNorm(attention + "q_norm", config.HeadSize);
            AddNorm(attention + "k_norm", config.HeadSize);
        }

        AddLinear(attention + "o_proj", hidden, queries, config.HasOutputBias);
        AddNorm(prefix + "post_attention_layernorm", hidden);
        if (config.HasPostNorms)
            AddNorm(prefix + "pre_feedforward_layernorm", hidden);
        if (config.HasFusedProjections)
        {
            AddLinear(mlp + "gate_up_proj", 2 * config.IntermediateSize, hidden, config.HasMlpBias);
        }
        else
        {
            AddLinear(mlp + "gate_proj", config.IntermediateSize, hidden, config.HasMlpBias);
            AddLinear(mlp + "up_proj", config.IntermediateSize, hidden, config.HasMlpBias);
        }

        AddLinear(mlp + "down_proj", hidden, config.IntermediateSize, config.HasMlpBias);
        if (config.HasPostNorms)
            AddNorm(prefix + "post_feedforward_layernorm", hidden);

        void AddLinear(string name, int rows, int columns, bool hasBias) =>
            modules.Add(new WeightedModule(name, ModuleKind.Linear, [rows, columns], hasBias));

        void AddNorm(string name, int size) => modules.Add(new WeightedModule(name, ModuleKind.Norm, [size], false));
    }
}

/// <summary>A module that holds a weight.</summary>
/// <param name="Name">Its full name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Shape">Of its weight.</param>
/// <param name="HasBias">Whether it has a bias too, as long as the weight has rows.</param>
public sealed record WeightedModule(string Name, ModuleKind Kind, int[] Shape, bool HasBias);

/// <summary>What a module with a weight is.</summary>
public enum ModuleKind
{
    /// <summary>The token embedding.</summary>
    Embedding,

    /// <summary>A linear layer of a block.</summary>
    Linear,

    /// <summary>An RMSNorm.</summary>
    Norm,

    /// <summary>The output head.</summary>
    Head,
}
