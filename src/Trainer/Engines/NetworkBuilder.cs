using LoraLint.Rules.Runs;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines;

/// <summary>
/// Goes through a model's modules in their order, finds their tensors by their Hugging Face names, and adds what a plan trains to the
/// parameters under the keys of PEFT's files. An engine's own builder makes the modules.
/// </summary>
/// <remarks>
/// Keys as in PEFT's get_peft_model_state_dict (5d602fd): the bias of an adapted module is <c>base_layer.bias</c>, a magnitude has no
/// <c>.weight</c>, an embedding's adapter is <c>lora_embedding_A</c> of shape (rank, vocabulary) and <c>lora_embedding_B</c>. A saved
/// module of tied embeddings is trained as a copy; the other use of the weight stays as it is.
/// </remarks>
/// <typeparam name="TEmbedding">The engine's embedding.</typeparam>
/// <typeparam name="TLinear">The engine's linear layer.</typeparam>
/// <typeparam name="TNorm">The engine's norm.</typeparam>
internal abstract class NetworkBuilder<TEmbedding, TLinear, TNorm>
{
    private const string KeyPrefix = "base_model.model.";

    private readonly IWeights _weights;
    private readonly AdapterPlan _plan;
    private readonly Dictionary<string, int> _adapters = [];
    private readonly HashSet<string> _saved;

    /// <summary>A builder that is used once.</summary>
    /// <exception cref="TrainerException">The plan names a module twice, or a rank below 1.</exception>
    protected NetworkBuilder(ModelConfig model, IWeights weights, AdapterPlan plan)
    {
        (Model, _weights, _plan) = (model, weights, plan);
        for (var i = 0; i < plan.Modules.Count; i++)
        {
            var module = plan.Modules[i];
            if (!_adapters.TryAdd(module.Name, i))
                throw new TrainerException($"the adapter names the module '{module.Name}' twice; name it once");
            if (module.Rank < 1)
                throw new TrainerException($"the adapter of '{module.Name}' has rank {module.Rank}; ranks start at 1");
        }

        _saved = [.. plan.SavedModules];
    }

    /// <summary>The model's description.</summary>
    protected ModelConfig Model { get; }

    /// <summary>Makes all modules, in the order in which their parameters are numbered.</summary>
    /// <exception cref="TrainerException">A tensor is missing or has another shape, or the plan names what is no such module.</exception>
    protected NetworkModules<TEmbedding, TLinear, TNorm> MakeModules()
    {
        var embedding = MakeEmbedding();
        var layers = Enumerable.Range(0, Model.Layers).Select(MakeLayer).ToList();
        var norm = MakeNorm(ModelLayout.Norm, Model.HiddenSize);
        var head = MakeLinear(ModelLayout.Head, Model.HiddenSize, Model.VocabularySize, hasBias: false);
        if (_adapters.Count > 0)
            throw new TrainerException(
                $"the adapter's target '{_adapters.Keys.First()}' is no linear layer of a {Model.ModelType} model; correct the targets");
        if (_saved.Count > 0)
            throw new TrainerException(
                $"'{_saved.First()}' of modules_to_save is no linear layer, norm or embedding of a {Model.ModelType} model, or has an "
                + "adapter already; correct the modules to save");
        return new NetworkModules<TEmbedding, TLinear, TNorm>(embedding, layers, norm, head);
    }

    /// <summary>Adds a parameter and gives its index.</summary>
    protected abstract int AddParameter(string key, int[] shape, TensorRole role);

    /// <summary>Makes the embedding of a table, shape (vocabulary, hidden).</summary>
    protected abstract TEmbedding OpenEmbedding(StoredTensor table);

    /// <summary>Makes a linear layer of a weight, shape (out, in).</summary>
    /// <param name="name">The module's name.</param>
    /// <param name="weight">The weight.</param>
    /// <param name="isTable">
    /// Whether 4-bit quantization passes it over, as transformers does: the head, and modules that are trained in full.
    /// </param>
    /// <param name="bias">The bias, shape (out), or null.</param>
    protected abstract TLinear OpenLinear(string name, StoredTensor weight, bool isTable, StoredTensor? bias);

    /// <summary>Makes a norm of a weight, shape (size).</summary>
    protected abstract TNorm OpenNorm(string name, StoredTensor weight);

    /// <summary>Gives the embedding an adapter with the parameters A, shape (rank, vocabulary), and B, shape (hidden, rank).</summary>
    protected abstract void AddAdapter(TEmbedding embedding, AdaptedModule plan, int a, int b);

    /// <summary>Gives a linear layer an adapter.</summary>
    /// <param name="linear">The layer.</param>
    /// <param name="module">The module's index in the plan.</param>
    /// <param name="plan">Shape and scaling.</param>
    /// <param name="a">Index of A, shape (rank, in).</param>
    /// <param name="b">Index of B, shape (out, rank).</param>
    /// <param name="magnitude">Index of DoRA's magnitude, shape (out), or null.</param>
    protected abstract void AddAdapter(TLinear linear, int module, AdaptedModule plan, int a, int b, int? magnitude);

    /// <summary>Trains the embedding in full.</summary>
    protected abstract void TrainWeight(TEmbedding embedding, int index);

    /// <summary>Trains a linear layer in full.</summary>
    protected abstract void TrainWeight(TLinear linear, int index);

    /// <summary>Trains a norm.</summary>
    protected abstract void TrainWeight(TNorm norm, int index);

    /// <summary>Trains the bias of a linear layer.</summary>
    protected abstract void TrainBias(TLinear linear, int index);

    private TEmbedding MakeEmbedding()
    {
        const string name = ModelLayout.Embedding;
        var (rows, columns) = (Model.VocabularySize, Model.HiddenSize);
        var embedding = OpenEmbedding(Find($"{name}.weight", rows, columns));
        if (_adapters.Remove(name, out var module))
        {
            var plan = _plan.Modules[module];
            if (_plan.UseDora)
                throw new TrainerException(
                    $"DoRA on the embedding '{name}' is not supported; take it out of the target modules, or train without DoRA");
            CheckShape(plan, rows, columns);
            var a = AddParameter($"{KeyPrefix}{name}.lora_embedding_A", [plan.Rank, plan.InFeatures], TensorRole.LoraA);
            var b = AddParameter($"{KeyPrefix}{name}.lora_embedding_B", [plan.OutFeatures, plan.Rank], TensorRole.LoraB);
            AddAdapter(embedding, plan, a, b);
        }
        else if (_saved.Remove(name))
        {
            TrainWeight(embedding, AddParameter($"{KeyPrefix}{name}.weight", [rows, columns], TensorRole.Saved));
        }

        return embedding;
    }

    private LayerModules<TLinear, TNorm> MakeLayer(int index)
    {
        var m = Model;
        var layer = $"model.layers.{index}";
        var (queries, keys) = (m.Heads * m.HeadSize, m.KeyValueHeads * m.HeadSize);
        var inputNorm = MakeNorm($"{layer}.input_layernorm", m.HiddenSize);
        TLinear[] projections = m.HasFusedProjections
            ? [MakeLinear($"{layer}.self_attn.qkv_proj", m.HiddenSize, queries + 2 * keys, m.HasQueryKeyValueBias)]
            :
            [
                MakeLinear($"{layer}.self_attn.q_proj", m.HiddenSize, queries, m.HasQueryKeyValueBias),
                MakeLinear($"{layer}.self_attn.k_proj", m.HiddenSize, keys, m.HasQueryKeyValueBias),
                MakeLinear($"{layer}.self_attn.v_proj", m.HiddenSize, keys, m.HasQueryKeyValueBias),
            ];
        var queryNorm = m.HasQueryKeyNorm ? MakeNorm($"{layer}.self_attn.q_norm", m.HeadSize) : default;
        var keyNorm = m.HasQueryKeyNorm ? MakeNorm($"{layer}.self_attn.k_norm", m.HeadSize) : default;
        var output = MakeLinear($"{layer}.self_attn.o_proj", queries, m.HiddenSize, m.HasOutputBias);

        // With post norms the name post_attention_layernorm means what it says; without them it is the norm before the feed-forward part.
        var postAttentionNorm = MakeNorm($"{layer}.post_attention_layernorm", m.HiddenSize);
        var mlpNorm = m.HasPostNorms ? MakeNorm($"{layer}.pre_feedforward_layernorm", m.HiddenSize) : postAttentionNorm;
        TLinear[] gateUp = m.HasFusedProjections
            ? [MakeLinear($"{layer}.mlp.gate_up_proj", m.HiddenSize, 2 * m.IntermediateSize, m.HasMlpBias)]
            :
            [
                MakeLinear($"{layer}.mlp.gate_proj", m.HiddenSize, m.IntermediateSize, m.HasMlpBias),
                MakeLinear($"{layer}.mlp.up_proj", m.HiddenSize, m.IntermediateSize, m.HasMlpBias),
            ];
        var down = MakeLinear($"{layer}.mlp.down_proj", m.IntermediateSize, m.HiddenSize, m.HasMlpBias);
        var postMlpNorm = m.HasPostNorms ? MakeNorm($"{layer}.post_feedforward_layernorm", m.HiddenSize) : default;
        return new LayerModules<TLinear, TNorm>(
            inputNorm, projections, queryNorm, keyNorm, output, m.HasPostNorms ? postAttentionNorm : default, mlpNorm, gateUp, down,
            postMlpNorm);
    }

    private TLinear MakeLinear(string name, int inputs, int outputs, bool hasBias)
    {
        var isTied = name == ModelLayout.Head && Model.TiesEmbeddings && _weights.Find($"{name}.weight") is null;
        var weight = Find($"{(isTied ? ModelLayout.Embedding : name)}.weight", outputs, inputs);
        var isSaved = _saved.Contains(name) && !_adapters.ContainsKey(name);
        var bias = hasBias ? Find($"{name}.bias", outputs) : null;
        var linear = OpenLinear(name, weight, isTable: name == ModelLayout.Head || isSaved, bias);
        var isAdapted = _adapters.Remove(name, out var module);
        if (isAdapted)
        {
            var plan = _plan.Modules[module];
            CheckShape(plan, inputs, outputs);
            var a = AddParameter($"{KeyPrefix}{name}.lora_A.weight", [plan.Rank, inputs], TensorRole.LoraA);
            var b = AddParameter($"{KeyPrefix}{name}.lora_B.weight", [outputs, plan.Rank], TensorRole.LoraB);
            int? magnitude = _plan.UseDora
                ? AddParameter($"{KeyPrefix}{name}.lora_magnitude_vector", [outputs], TensorRole.Magnitude)
                : null;
            AddAdapter(linear, module, plan, a, b, magnitude);
        }

        if (isSaved)
        {
            _saved.Remove(name);
            TrainWeight(linear, AddParameter($"{KeyPrefix}{name}.weight", [outputs, inputs], TensorRole.Saved));
        }

        if (hasBias && (isSaved || _plan.Bias == LoraBias.All || (_plan.Bias == LoraBias.LoraOnly && isAdapted)))
            TrainBias(linear, AddParameter($"{KeyPrefix}{name}.{(isAdapted ? "base_layer.bias" : "bias")}", [outputs], TensorRole.Bias));
        return linear;
    }

    private TNorm MakeNorm(string name, int size)
    {
        var norm = OpenNorm(name, Find($"{name}.weight", size));
        if (_saved.Remove(name))
            TrainWeight(norm, AddParameter($"{KeyPrefix}{name}.weight", [size], TensorRole.Saved));
        return norm;
    }

    private StoredTensor Find(string name, params int[] shape)
    {
        var tensor = _weights.Find(name)
            ?? throw new TrainerException(
                $"the model's files hold no tensor '{name}', which a {Model.ModelType} model needs; download the model again");
        return tensor.Shape.AsSpan().SequenceEqual(shape) ? tensor : throw new TrainerException(
            $"the tensor '{name}' has the shape ({string.Join(", ", tensor.Shape)}), but config.json asks for "
            + $"({string.Join(", ", shape)}); take both from the same model");
    }

    private static void CheckShape(AdaptedModule plan, int inputs, int outputs)
    {
        if ((plan.InFeatures, plan.OutFeatures) != (inputs, outputs))
            throw new TrainerException(
                $"the adapter of '{plan.Name}' is for {plan.InFeatures} inputs and {plan.OutFeatures} outputs, but the layer has {inputs} "
                + $"and {outputs}; take an adapter of this model");
    }
}

/// <summary>All modules of a decoder.</summary>
internal sealed record NetworkModules<TEmbedding, TLinear, TNorm>(
    TEmbedding Embedding, IReadOnlyList<LayerModules<TLinear, TNorm>> Layers, TNorm Norm, TLinear Head);

/// <summary>The modules of a layer. Projections are three and two, or one and one where the files hold them fused.</summary>
internal sealed record LayerModules<TLinear, TNorm>(
    TNorm InputNorm, TLinear[] QueryKeyValue, TNorm? QueryNorm, TNorm? KeyNorm, TLinear Output, TNorm? PostAttentionNorm, TNorm MlpNorm,
    TLinear[] GateUp, TLinear Down, TNorm? PostMlpNorm);
