namespace LoraLint.Trainer.Models;

/// <summary>
/// The keys of adapter_model.safetensors, as PEFT's get_peft_model_state_dict makes them (src/peft/utils/save_and_load.py), and the older
/// and foreign spellings that are read too.
/// </summary>
public static class AdapterKeys
{
    /// <summary>What stands before a module's name.</summary>
    public const string Prefix = "base_model.model.";

    private const string LoraA = ".lora_A.weight";
    private const string LoraB = ".lora_B.weight";
    private const string EmbeddingA = ".lora_embedding_A";
    private const string EmbeddingB = ".lora_embedding_B";
    private const string LoraMagnitude = ".lora_magnitude_vector";

    // Wrappers around the model when it was saved: PEFT's own, FSDP, torch.compile, DDP.
    private static readonly string[] s_wrappers = [Prefix, "base_model.", "_fsdp_wrapped_module.", "_orig_mod.", "module."];

    /// <summary>The key of A; that of the embedding has a name of its own.</summary>
    public static string A(string module) => Prefix + module + (module == ModelLayout.Embedding ? EmbeddingA : LoraA);

    /// <summary>The key of B.</summary>
    public static string B(string module) => Prefix + module + (module == ModelLayout.Embedding ? EmbeddingB : LoraB);

    /// <summary>The key of DoRA's magnitude.</summary>
    public static string Magnitude(string module) => Prefix + module + LoraMagnitude;

    /// <summary>The key of a trained bias, which an adapted module keeps in the layer that it wraps.</summary>
    public static string Bias(string module, bool isAdapted) => Prefix + module + (isAdapted ? ".base_layer.bias" : ".bias");

    /// <summary>The key of a weight that is trained in full.</summary>
    public static string Saved(string module) => Prefix + module + ".weight";

    /// <summary>What a key stands for.</summary>
    /// <returns>The role with the module's name in the model, or null when the key is none of an adapter.</returns>
    public static (AdapterTensorRole Role, string Module)? Parse(string key)
    {
        var name = key;
        while (s_wrappers.FirstOrDefault(w => name.StartsWith(w, StringComparison.Ordinal)) is { } wrapper)
            name = name[wrapper.Length..];
        // An adapter of the model without its head.
        if (name.StartsWith("layers.", StringComparison.Ordinal) || name.StartsWith("embed_tokens.", StringComparison.Ordinal)
            || name.StartsWith("norm.", StringComparison.Ordinal))
        {
            name = "model." + name;
        }

        name = name.Replace(".default.", ".", StringComparison.Ordinal).Replace("._orig_mod.", ".", StringComparison.Ordinal);
        if (name.EndsWith(".default", StringComparison.Ordinal))
            name = name[..^".default".Length];
        foreach (var (ending, role) in s_endings)
        {
            if (!name.EndsWith(ending, StringComparison.Ordinal))
                continue;
            var module = name[..^ending.Length];
            // The matrices of a linear layer are not those of an embedding, whose weight is the other way round.
            var fits = role is not (AdapterTensorRole.A or AdapterTensorRole.B)
                || (module == ModelLayout.Embedding) == (ending is EmbeddingA or EmbeddingB);
            return (fits ? role : AdapterTensorRole.Unsupported, module);
        }

        return null;
    }

    // Longer endings first.
    private static readonly (string Ending, AdapterTensorRole Role)[] s_endings =
    [
        (LoraA, AdapterTensorRole.A),
        (LoraB, AdapterTensorRole.B),
        (LoraMagnitude + ".weight", AdapterTensorRole.Magnitude),
        (LoraMagnitude, AdapterTensorRole.Magnitude),
        (".base_layer.bias", AdapterTensorRole.Bias),
        (".base_layer.weight", AdapterTensorRole.BaseWeight),
        (".modules_to_save.bias", AdapterTensorRole.Bias),
        (".modules_to_save.weight", AdapterTensorRole.Saved),
        (".lora_B.bias", AdapterTensorRole.Unsupported),
        (EmbeddingA, AdapterTensorRole.A),
        (EmbeddingB, AdapterTensorRole.B),
        (".trainable_tokens_delta", AdapterTensorRole.Unsupported),
        (".bias", AdapterTensorRole.Bias),
        (".weight", AdapterTensorRole.Saved),
    ];
}

/// <summary>What a tensor of an adapter's file is.</summary>
public enum AdapterTensorRole
{
    /// <summary>A: (rank, in).</summary>
    A,

    /// <summary>B: (out, rank).</summary>
    B,

    /// <summary>DoRA's magnitude: (out), or (1, out) in old files.</summary>
    Magnitude,

    /// <summary>A bias: (out).</summary>
    Bias,

    /// <summary>The whole weight of a module.</summary>
    Saved,

    /// <summary>The base's own weight beside an adapter: PEFT writes that of an embedding or a head with an adapter too.</summary>
    BaseWeight,

    /// <summary>Something of PEFT that is not supported here.</summary>
    Unsupported,
}
