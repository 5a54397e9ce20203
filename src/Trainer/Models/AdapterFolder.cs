using System.Text.Json;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Models;

/// <summary>An adapter as PEFT keeps it, ours or another's: adapter_config.json beside adapter_model.safetensors, both checked.</summary>
public sealed class AdapterFolder : IDisposable
{
    // Variants of LoRA that compute something else, by the key that switches them on.
    private static readonly string[] s_variants =
    [
        "alora_invocation_tokens", "arrow_config", "kasa_config", "layer_replication", "megatron_config", "monteclora_config",
        "target_parameters", "trainable_token_indices", "use_bdlora", "velora_config",
    ];

    // Rounding to bf16 is half of 1/128 at most.
    private const double MostRounding = 1.0 / 128;

    private readonly SafetensorsFile _file;
    private readonly bool _ensuresTying;
    private Dictionary<string, StoredTensor> _baseWeights = [];

    private AdapterFolder(string path, LoraOptions options, string? baseModel, bool ensuresTying, SafetensorsFile file)
    {
        _ensuresTying = ensuresTying;
        Path = path;
        Options = options;
        BaseModel = baseModel;
        _file = file;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>What its config says.</summary>
    public LoraOptions Options { get; }

    /// <summary>The base that its config names, or null.</summary>
    public string? BaseModel { get; }

    /// <summary>The adapted modules by name.</summary>
    public IReadOnlyList<AdapterModule> Modules { get; private set; } = [];

    /// <summary>Trained biases by module.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Biases { get; private set; } = new Dictionary<string, StoredTensor>();

    /// <summary>Weights trained in full by module.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Saved { get; private set; } = new Dictionary<string, StoredTensor>();

    /// <summary>Opens a folder and checks its config against its tensors.</summary>
    /// <exception cref="TrainerException">It is damaged, contradicts itself or is of a kind that is not supported.</exception>
    public static AdapterFolder Open(string path)
    {
        if (!Directory.Exists(path))
            throw new TrainerException($"{path}: there is no such folder; name the one with {AdapterFiles.ConfigName}");
        var config = JsonFile.ReadConfig(System.IO.Path.Combine(path, AdapterFiles.ConfigName));
        var options = ReadOptions(config);
        var weights = System.IO.Path.Combine(path, AdapterFiles.WeightsName);
        if (!File.Exists(weights) && File.Exists(System.IO.Path.Combine(path, "adapter_model.bin")))
        {
            throw new TrainerException(
                $"{path}: has adapter_model.bin, a pickle: reading one runs code that it holds, so none is read; load it with PEFT where "
                + "you trust it and save it again (save_pretrained writes safetensors)");
        }

        var folder = new AdapterFolder(path, options, config.Text("base_model_name_or_path"), config.Flag("ensure_weight_tying"),
            SafetensorsFile.Open(weights));
        try
        {
            folder.ReadTensors();
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>The base model's folder: the one that was written, else the one that the config names.</summary>
    /// <exception cref="TrainerException">Neither is there.</exception>
    public string BaseOf(string? written)
    {
        if (written is not null)
            return written;
        var named = BaseModel ?? throw new TrainerException($"{Path}: names no base model; name its folder with --base");
        return Directory.Exists(named) ? named
            : throw new TrainerException($"{Path}: names the base model {named}, which is no folder here; name its folder with --base");
    }

    /// <summary>
    /// Checks the adapter against a base model's folder: names, shapes, and the base's weights that PEFT wrote beside the adapter. Those
    /// may be rounded to another type; with other values the adapter goes with another base, on which PEFT would put them.
    /// </summary>
    /// <exception cref="TrainerException">The adapter belongs to another model.</exception>
    public void Verify(ModelFolder model)
    {
        Verify(model.Config);
        foreach (var (name, kept) in _baseWeights)
        {
            var weight = model.WeightOf(name) ?? throw Error($"holds the base's weight of {name}, which the base model has not");
            if (!kept.Shape.AsSpan().SequenceEqual(weight.Shape) || Distance(kept, weight) is not <= MostRounding)
            {
                throw Error(
                    $"holds a base weight of {name} that is not the base model's: the adapter was trained on another base, or on resized "
                    + "embeddings, which are not supported");
            }
        }
    }

    /// <summary>Checks names and shapes against a base model.</summary>
    /// <exception cref="TrainerException">The adapter belongs to another model.</exception>
    public void Verify(ModelConfig model)
    {
        var modules = ModelLayout.Modules(model).ToDictionary(m => m.Name, StringComparer.Ordinal);
        foreach (var module in Modules)
        {
            var weight = Find(module.Name);
            if (weight.Kind == ModuleKind.Norm)
                throw Error($"{module.Name} has an adapter and is no linear layer or embedding of the base model");
            if (module is { IsEmbedding: true, Magnitude: not null })
                throw Error($"{module.Name} has DoRA's magnitude, which is not supported on the embedding");
            if (module.WeightShape is var (rows, columns) && (rows != weight.Shape[0] || columns != weight.Shape[1]))
            {
                throw Error(
                    $"the adapter of {module.Name} is for a weight of {rows} x {columns} and the base model's is "
                    + $"{weight.Shape[0]} x {weight.Shape[1]}: it belongs to another model");
            }
        }

        if (_ensuresTying && model.TiesEmbeddings
            && Modules.Select(m => m.Name).Concat(Saved.Keys).Any(n => n is ModelLayout.Embedding or ModelLayout.Head))
        {
            throw Error(
                $"trains the embedding and the head as one weight (ensure_weight_tying of {AdapterFiles.ConfigName}), which is not "
                + "supported");
        }

        foreach (var (name, bias) in Biases)
        {
            var module = Find(name);
            if (!module.HasBias)
                throw Error($"holds a bias for {name}, which has none in the base model");
            if (bias.Length != module.Shape[0])
                throw Error($"holds a bias of {bias.Length} values for {name}, whose bias has {module.Shape[0]}");
        }

        foreach (var (name, saved) in Saved)
        {
            var module = Find(name);
            if (!saved.Shape.AsSpan().SequenceEqual(module.Shape))
            {
                throw Error(
                    $"holds a weight of shape ({string.Join(", ", saved.Shape)}) for {name}, whose weight is "
                    + $"({string.Join(", ", module.Shape)}); resized embeddings are not supported");
            }
        }

        WeightedModule Find(string name) => modules.GetValueOrDefault(name)
            ?? throw Error($"holds tensors for {name}, which the base model has not: it belongs to another model");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static LoraOptions ReadOptions(JsonPlace config)
    {
        var type = config.Get("peft_type");
        if (type.Text() != "LORA")
            throw type.Wrong($"{type.Shown} is not supported; only LORA adapters are");
        foreach (var variant in s_variants)
        {
            if (config.Find(variant) is { } place && !IsOff(place.Value))
                throw place.Wrong($"{place.Shown} switches on a variant of LoRA that is not supported");
        }

        foreach (var flag in new[] { "fan_in_fan_out", "lora_bias", "use_qalora" })
        {
            if (config.Flag(flag))
                throw config.Get(flag).Wrong("true is not supported");
        }

        // Whether true, false, gaussian or eva: the base stays as it is.
        if (config.Find("init_lora_weights") is { Value.ValueKind: JsonValueKind.String } init
            && init.Text() is not ("gaussian" or "eva" or "orthogonal" or "lora_ga"))
        {
            throw init.Wrong(
                $"with {init.Shown} the adapter goes with a changed base; convert it with PEFT's "
                + "save_pretrained(path_initial_model_for_weight_conversion=...)");
        }

        // Of no matter any more, and still no reason to take what is not a probability.
        config.Find("lora_dropout")?.Number(0, 1);
        return new LoraOptions
        {
            Rank = config.Get("r").Whole(1, LoraOptions.LargestRank),
            Alpha = AlphaOf(config.Get("lora_alpha")),
            UseRslora = config.Flag("use_rslora"),
            UseDora = config.Flag("use_dora"),
            RankPattern = Pattern(config, "rank_pattern", place => place.Whole(1, LoraOptions.LargestRank)),
            AlphaPattern = Pattern(config, "alpha_pattern", AlphaOf),
            Bias = config.Text("bias") switch
            {
                null or "none" => LoraBias.None,
                "all" => LoraBias.All,
                "lora_only" => LoraBias.LoraOnly,
                _ => throw config.Get("bias").Unexpected("none, all or lora_only"),
            },
            ModulesToSave = config.Find("modules_to_save")?.Texts() ?? [],
        };
    }

    // At 0 the adapter does nothing, which nobody saves one for.
    private static double AlphaOf(JsonPlace alpha) =>
        alpha.Number(0, 1e9) is > 0 and var number ? number : throw alpha.Unexpected("a number above 0");

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static Dictionary<string, T> Pattern<T>(JsonPlace config, string key, Func<JsonPlace, T> read) =>
        config.Find(key)?.Members().ToDictionary(m => m.Name, m => read(m.Place), StringComparer.Ordinal) ?? [];

    private void ReadTensors()
    {
        var parts = new SortedDictionary<string, Dictionary<AdapterTensorRole, StoredTensor>>(NaturalOrder.Comparer);
        foreach (var entry in _file.Entries)
        {
            if (AdapterKeys.Parse(entry.Name) is not var (role, module))
                throw Error($"holds a tensor `{entry.Name}`, which is no part of a LoRA adapter");
            if (role == AdapterTensorRole.Unsupported)
            {
                throw Error(
                    $"holds a tensor `{entry.Name}`; biases of B, trained tokens, and adapters on embeddings "
                    + $"other than {ModelLayout.Embedding} are "
                    + "not supported");
            }

            if (!parts.TryGetValue(module, out var of))
                parts.Add(module, of = []);
            if (!of.TryAdd(role, _file.Find(entry.Name)!))
                throw Error($"holds `{entry.Name}` under two spellings");
        }

        Biases = Of(AdapterTensorRole.Bias);
        Saved = Of(AdapterTensorRole.Saved);
        _baseWeights = Of(AdapterTensorRole.BaseWeight);
        Modules = [.. parts
            .Where(p => p.Value.Keys.Any(r => r is AdapterTensorRole.A or AdapterTensorRole.B or AdapterTensorRole.Magnitude))
            .Select(p => ModuleOf(p.Key, p.Value))];
        if (Modules.Count == 0 && Saved.Count == 0 && Biases.Count == 0)
            throw Error("holds no tensors");
        CheckSaved();

        Dictionary<string, StoredTensor> Of(AdapterTensorRole role) => parts.Where(p => p.Value.ContainsKey(role))
            .ToDictionary(p => p.Key, p => p.Value[role], StringComparer.Ordinal);
    }

    private void CheckSaved()
    {
        foreach (var name in Saved.Keys)
        {
            if (PeftMatching.IsSaved(Options.ModulesToSave, name) == false)
                throw Error($"holds the weight of {name}, which modules_to_save of {AdapterFiles.ConfigName} does not name");
        }

        foreach (var name in Options.ModulesToSave)
        {
            if (!Saved.Keys.Any(s => PeftMatching.IsSaved([name], s) != false))
                throw Error($"holds no weight for `{name}`, which modules_to_save of {AdapterFiles.ConfigName} names");
        }

        if (Options.Bias == LoraBias.None && Biases.Keys.FirstOrDefault(b => !Saved.ContainsKey(b)) is { } stray)
            throw Error($"holds a bias of {stray} while bias of {AdapterFiles.ConfigName} is none");
    }

    private AdapterModule ModuleOf(string name, Dictionary<AdapterTensorRole, StoredTensor> tensors)
    {
        var a = Matrix(AdapterTensorRole.A);
        var b = Matrix(AdapterTensorRole.B);
        var rank = AdapterPlanner.Of(Options.RankPattern, "rank_pattern", name, Options.Rank);
        if (a.Shape[0] != b.Shape[1])
            throw Error($"A of {name} has rank {a.Shape[0]} and B has {b.Shape[1]}");
        if (a.Shape[0] != rank)
            throw Error($"A of {name} has rank {a.Shape[0]} and {AdapterFiles.ConfigName} says {rank}");
        var magnitude = tensors.GetValueOrDefault(AdapterTensorRole.Magnitude);
        if (Options.UseDora && magnitude is null)
            throw Error($"{name} lacks its magnitude while use_dora is true");
        if (!Options.UseDora && magnitude is not null)
            throw Error($"{name} has a magnitude while use_dora is not true");
        if (magnitude is not null && magnitude.Length != b.Shape[0])
            throw Error($"the magnitude of {name} has {magnitude.Length} values for {b.Shape[0]} outputs");
        var alpha = AdapterPlanner.Of(Options.AlphaPattern, "alpha_pattern", name, Options.Alpha);
        return new AdapterModule(name, a, b, magnitude, AdapterPlanner.Scaling(alpha, rank, Options.UseRslora));

        StoredTensor Matrix(AdapterTensorRole role)
        {
            var tensor = tensors.GetValueOrDefault(role) ?? throw Error($"{name} lacks {role}, which is in no other tensor");
            return tensor.Shape.Length == 2 && tensor.Length > 0 ? tensor
                : throw Error($"{role} of {name} has shape ({string.Join(", ", tensor.Shape)}) and must be a matrix");
        }
    }

    // Between two tensors of one shape, relative to the second one's norm.
    private static double Distance(StoredTensor tensor, StoredTensor other)
    {
        var (left, right) = (new float[1 << 14], new float[1 << 14]);
        var (difference, norm) = (0.0, 0.0);
        for (var start = 0L; start < tensor.Length; start += left.Length)
        {
            var count = (int)Math.Min(left.Length, tensor.Length - start);
            tensor.CopyTo(start, left.AsSpan(0, count));
            other.CopyTo(start, right.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                difference += ((double)left[i] - right[i]) * ((double)left[i] - right[i]);
                norm += (double)right[i] * right[i];
            }
        }

        return norm > 0 ? Math.Sqrt(difference / norm) : Math.Sqrt(difference);
    }

    private TrainerException Error(string problem) => new($"{_file.Path}: {problem}");
}

/// <summary>The adapter of a linear layer, the head or the embedding; see <see cref="AdaptedModule"/> for its shapes.</summary>
/// <param name="Name">The module's full name.</param>
/// <param name="A">(rank, in).</param>
/// <param name="B">(out, rank).</param>
/// <param name="Magnitude">DoRA's: (out), or null.</param>
/// <param name="Scaling">What BA is multiplied by.</param>
public sealed record AdapterModule(string Name, StoredTensor A, StoredTensor B, StoredTensor? Magnitude, double Scaling)
{
    /// <summary>The rank.</summary>
    public int Rank => A.Shape[0];

    /// <summary>Columns of A.</summary>
    public int InFeatures => A.Shape[1];

    /// <summary>Rows of B.</summary>
    public int OutFeatures => B.Shape[0];

    /// <summary>Whether it is the embedding's: BA is added to the transposed weight.</summary>
    public bool IsEmbedding => Name == ModelLayout.Embedding;

    /// <summary>Rows and columns of the weight.</summary>
    public (int Rows, int Columns) WeightShape => IsEmbedding ? (InFeatures, OutFeatures) : (OutFeatures, InFeatures);
}
