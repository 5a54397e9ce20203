using LoraLint.Rules.Configs;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>A function or class that has to do with a run, by the name of its library.</summary>
/// <param name="Kind">What it has to do with a run.</param>
/// <param name="Name">Its name: <c>LoraConfig</c>, <c>FastLanguageModel.get_peft_model</c>.</param>
/// <param name="Positional">The names of its first parameters, as far as they are the same in all versions.</param>
/// <param name="Format">The format of a file that holds the same settings, for a library whose calls stand alone; else null.</param>
internal sealed record PythonCallee(CodeCallKind Kind, string Name, IReadOnlyList<string> Positional, string? Format = null);

/// <summary>
/// The calls that are known. Signatures: peft@5d602fdb, trl@f2cd5771, transformers@00349ae8, unsloth@015bdef0; mlx-lm@d78bf58e
/// mlx_lm/tuner/utils.py; torchtune@bd2a0fc7 torchtune/models/*/_model_builders.py.
/// </summary>
internal static class PythonCalls
{
    private static readonly HashSet<string> s_libraries = new(StringComparer.Ordinal)
    {
        "peft", "transformers", "trl", "unsloth", "mlx_lm", "torchtune",
    };
    /// <summary>Methods that rules want to know of, whatever they are called on.</summary>
    public static readonly IReadOnlySet<string> Methods = new HashSet<string>(StringComparer.Ordinal)
    {
        "merge_and_unload", "merge_adapter", "load_adapter", "add_adapter", "add_special_tokens",
    };

    private static readonly string[] s_adapterWords = ["LoraConfig", ".get_peft_model", "linear_to_lora_layers", "lora_attn_modules"];
    private static readonly byte[][] s_adapterBytes = [.. s_adapterWords.Select(System.Text.Encoding.UTF8.GetBytes)];
    private static readonly string[] s_unslothModels = ["FastLanguageModel", "FastVisionModel", "FastModel", "FastBaseModel"];

    private static readonly string[] s_unslothAdapter = ["model", "r", "target_modules", "lora_alpha", "lora_dropout", "bias"];
    private static readonly string[] s_unslothModel = ["model_name", "max_seq_length", "dtype", "load_in_4bit", "load_in_8bit"];

    /// <summary>Whether a text has a word without which nothing in it makes an adapter: a cheap look before it is read.</summary>
    public static bool MayBeIn(string text)
    {
        foreach (var word in s_adapterWords)
        {
            if (text.Contains(word, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>The same of the bytes of a file in UTF-8.</summary>
    public static bool MayBeIn(ReadOnlySpan<byte> bytes)
    {
        foreach (var word in s_adapterBytes)
        {
            if (bytes.IndexOf(word) >= 0)
                return true;
        }

        return false;
    }

    /// <summary>The library that a dotted name belongs to, or null.</summary>
    public static string? LibraryOf(string name)
    {
        var dot = name.IndexOf('.');
        var root = dot < 0 ? name : name[..dot];
        return s_libraries.Contains(root) ? root : null;
    }

    /// <summary>
    /// What a dotted name is, or null. A name without a module, which the script neither imports nor makes, is taken for the library's.
    /// </summary>
    public static PythonCallee? Find(string name)
    {
        var library = LibraryOf(name);
        var parts = name.Split('.');
        var last = parts[^1];
        var owner = parts.Length > 1 ? parts[^2] : "";
        if (last is "from_pretrained" or "get_peft_model" && char.IsAsciiLetterUpper(owner.Length > 0 ? owner[0] : 'a'))
            return library is not null || parts.Length == 2 ? OfModel(library, owner, last) : null;
        return library is "torchtune" or "mlx_lm" ? OfLibraryAlone(library, last)
            : library is not null || parts.Length == 1 ? OfFunction(library, last) : null;
    }

    // torchtune's builders of whole models have their sizes in their names; what they are made of takes other parameters.
    private static PythonCallee? OfLibraryAlone(string library, string name)
    {
        if (library == "mlx_lm")
        {
            return name == "linear_to_lora_layers"
                ? new PythonCallee(CodeCallKind.Adapter, name, ["model", "num_layers", "config", "use_dora"], "mlx-lm") : null;
        }

        var parts = name.Split('_');
        var isModel = parts[0] is "lora" or "qlora"
            && parts.Any(p => p == "mini" || (p.Length > 1 && p[^1] == 'b' && p.AsSpan()[..^1].IndexOfAnyExceptInRange('0', '9') < 0));
        // Models that see have other parameters behind the first.
        string[] positional = name.Contains("vision", StringComparison.Ordinal) || name.Contains("llama4", StringComparison.Ordinal)
            ? ["lora_attn_modules"] : ["lora_attn_modules", "apply_lora_to_mlp"];
        return isModel ? new PythonCallee(CodeCallKind.Adapter, name, positional, "torchtune") : null;
    }

    private static PythonCallee? OfModel(string? library, string owner, string method)
    {
        if (library is null or "unsloth" && s_unslothModels.Contains(owner))
        {
            return method == "get_peft_model"
                ? new PythonCallee(CodeCallKind.Adapter, owner + "." + method, s_unslothAdapter)
                : new PythonCallee(CodeCallKind.Model, owner + "." + method, s_unslothModel);
        }

        var isModel = owner.StartsWith("AutoModel", StringComparison.Ordinal) || owner.Contains("For", StringComparison.Ordinal);
        return library is null or "transformers" && method == "from_pretrained" && isModel
            ? new PythonCallee(CodeCallKind.Model, owner + "." + method, ["pretrained_model_name_or_path"]) : null;
    }

    private static PythonCallee? OfFunction(string? library, string name)
    {
        bool In(params string[] libraries) => library is null || libraries.Contains(library);
        return name switch
        {
            "LoraConfig" or "AdaLoraConfig" when In("peft") => new PythonCallee(CodeCallKind.Adapter, name, []),
            "BitsAndBytesConfig" when In("transformers") =>
                new PythonCallee(CodeCallKind.Quantization, name, ["load_in_8bit", "load_in_4bit"]),
            "TrainingArguments" or "Seq2SeqTrainingArguments" when In("transformers", "unsloth") =>
                new PythonCallee(CodeCallKind.Arguments, name, ["output_dir"]),
            "UnslothTrainingArguments" when In("unsloth") => new PythonCallee(CodeCallKind.Arguments, name, ["output_dir"]),
            "SFTConfig" or "DPOConfig" or "GRPOConfig" or "KTOConfig" or "ORPOConfig" or "CPOConfig" or "RewardConfig" or "RLOOConfig"
                or "PPOConfig" or "PRMConfig" or "BCOConfig" or "OnlineDPOConfig" or "GKDConfig" or "NashMDConfig" or "XPOConfig"
                when In("trl", "unsloth") => new PythonCallee(CodeCallKind.Arguments, name, ["output_dir"]),
            "Trainer" or "Seq2SeqTrainer" when library is "transformers" => new PythonCallee(CodeCallKind.Trainer, name, ["model", "args"]),
            "SFTTrainer" or "DPOTrainer" or "GRPOTrainer" or "KTOTrainer" or "ORPOTrainer" or "CPOTrainer" or "RewardTrainer"
                or "RLOOTrainer" or "PPOTrainer" or "PRMTrainer" or "BCOTrainer" or "OnlineDPOTrainer" or "GKDTrainer" or "NashMDTrainer"
                or "XPOTrainer"
                when In("trl") => new PythonCallee(CodeCallKind.Trainer, name, ["model"]),
            "UnslothTrainer" when In("unsloth") => new PythonCallee(CodeCallKind.Trainer, name, ["model"]),
            "DataCollatorForLanguageModeling" when In("transformers") =>
                new PythonCallee(CodeCallKind.Collator, name, ["tokenizer", "mlm"]),
            "prepare_model_for_kbit_training" or "prepare_model_for_int8_training" or "get_peft_model" when In("peft") =>
                new PythonCallee(CodeCallKind.Preparation, name, ["model", "peft_config"]),
            _ => null,
        };
    }
}
