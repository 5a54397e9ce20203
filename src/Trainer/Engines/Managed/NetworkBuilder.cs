using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// Builds a network from a model's description, its tensors by their Hugging Face names, and a plan, and adds what is trained to the
/// parameters under the keys of PEFT's files.
/// </summary>
/// <remarks>
/// Keys as in PEFT's get_peft_model_state_dict (5d602fd): the bias of an adapted module is <c>base_layer.bias</c>, a magnitude has no
/// <c>.weight</c>, an embedding's adapter is <c>lora_embedding_A</c> of shape (rank, vocabulary) and <c>lora_embedding_B</c>. A saved
/// module of tied embeddings is trained as a copy; the other use of the weight stays as it is.
/// </remarks>
internal sealed class NetworkBuilder
{
    private const string KeyPrefix = "base_model.model.";
    private const string EmbeddingName = "model.embed_tokens";
    private const string HeadName = "lm_head";

    private readonly ModelConfig _model;
    private readonly IWeights _weights;
    private readonly AdapterPlan _plan;
    private readonly ParameterSet _parameters;
    private readonly FrozenStorage _storage;
    private readonly Dictionary<string, int> _adapters = [];
    private readonly HashSet<string> _saved;
    private readonly List<RotaryTables> _ropes;

    /// <summary>A builder that is used once.</summary>
    public NetworkBuilder(ModelConfig model, IWeights weights, AdapterPlan plan, ParameterSet parameters, FrozenStorage storage)
    {
        (_model, _weights, _plan, _parameters, _storage) = (model, weights, plan, parameters, storage);
        for (var i = 0; i < plan.Modules.Count; i++)
        {
            var module = plan.Modules[i];
            if (!_adapters.TryAdd(module.Name, i))
                throw new TrainerException($"the adapter names the module '{module.Name}' twice; name it once");
            if (module.Rank < 1)
                throw new TrainerException($"the adapter of '{module.Name}' has rank {module.Rank}; ranks start at 1");
        }

        _saved = [.. plan.SavedModules];
        _ropes = [.. model.Ropes.Select(rope => new RotaryTables(rope))];
    }

    /// <summary>Builds the network.</summary>
    /// <exception cref="TrainerException">A tensor is missing or has another shape, or the plan names what is no such module.</exception>
    public Network Build()
    {
        var embedding = MakeEmbedding();
        var layers = Enumerable.Range(0, _model.Layers).Select(MakeLayer).ToList();
        var norm = MakeNorm("model.norm", _model.HiddenSize);
        var head = MakeLinear(HeadName, _model.HiddenSize, _model.VocabularySize, hasBias: false);
        if (_adapters.Count > 0)
            throw new TrainerException(
                $"the adapter's target '{_adapters.Keys.First()}' is no linear layer of a {_model.ModelType} model; correct the targets");
        if (_saved.Count > 0)
            throw new TrainerException(
                $"'{_saved.First()}' of modules_to_save is no linear layer, norm or embedding of a {_model.ModelType} model, or has an "
                + "adapter already; correct the modules to save");
        return new Network
        {
            Embedding = embedding,
            Layers = layers,
            Head = new LossHead(norm, head, (float)_model.LogitSoftcap),
            Ropes = _ropes,
            Shape = LayerShape.Of(_model),
        };
    }

    private Embedding MakeEmbedding()
    {
        var table = _storage.OpenTable(Find($"{EmbeddingName}.weight", _model.VocabularySize, _model.HiddenSize));
        var embedding = new Embedding(EmbeddingName, table, (float)_model.EmbeddingScale);
        if (_adapters.Remove(EmbeddingName, out var module))
        {
            var plan = _plan.Modules[module];
            if (_plan.UseDora)
                throw new TrainerException(
                    $"DoRA on the embedding '{EmbeddingName}' is not supported; take it out of the target modules, or train without DoRA");
            CheckShape(plan, _model.VocabularySize, _model.HiddenSize);
            var a = _parameters.Add($"{KeyPrefix}{EmbeddingName}.lora_embedding_A", [plan.Rank, plan.InFeatures], TensorRole.LoraA);
            var b = _parameters.Add($"{KeyPrefix}{EmbeddingName}.lora_embedding_B", [plan.OutFeatures, plan.Rank], TensorRole.LoraB);
            embedding.AddAdapter(plan, _parameters, a, b);
        }
        else if (_saved.Remove(EmbeddingName))
        {
            var shape = new[] { _model.VocabularySize, _model.HiddenSize };
            embedding.TrainWeight(_parameters, _parameters.Add($"{KeyPrefix}{EmbeddingName}.weight", shape, TensorRole.Saved));
        }

        return embedding;
    }

    private DecoderLayer MakeLayer(int index)
    {
        var m = _model;
        var shape = LayerShape.Of(m);
        var layer = $"model.layers.{index}";
        var inputNorm = MakeNorm($"{layer}.input_layernorm", m.HiddenSize);
        Linear[] projections = m.HasFusedProjections
            ? [MakeLinear($"{layer}.self_attn.qkv_proj", m.HiddenSize, shape.QueryKeyValueWidth, m.HasQueryKeyValueBias)]
            :
            [
                MakeLinear($"{layer}.self_attn.q_proj", m.HiddenSize, shape.QueryWidth, m.HasQueryKeyValueBias),
                MakeLinear($"{layer}.self_attn.k_proj", m.HiddenSize, shape.KeyWidth, m.HasQueryKeyValueBias),
                MakeLinear($"{layer}.self_attn.v_proj", m.HiddenSize, shape.KeyWidth, m.HasQueryKeyValueBias),
            ];
        var queryNorm = m.HasQueryKeyNorm ? MakeNorm($"{layer}.self_attn.q_norm", m.HeadSize) : null;
        var keyNorm = m.HasQueryKeyNorm ? MakeNorm($"{layer}.self_attn.k_norm", m.HeadSize) : null;
        var output = MakeLinear($"{layer}.self_attn.o_proj", shape.QueryWidth, m.HiddenSize, m.HasOutputBias);

        // With post norms the name post_attention_layernorm means what it says; without them it is the norm before the feed-forward part.
        var postAttentionNorm = MakeNorm($"{layer}.post_attention_layernorm", m.HiddenSize);
        var mlpNorm = m.HasPostNorms ? MakeNorm($"{layer}.pre_feedforward_layernorm", m.HiddenSize) : postAttentionNorm;
        Linear[] gateUp = m.HasFusedProjections
            ? [MakeLinear($"{layer}.mlp.gate_up_proj", m.HiddenSize, 2 * m.IntermediateSize, m.HasMlpBias)]
            :
            [
                MakeLinear($"{layer}.mlp.gate_proj", m.HiddenSize, m.IntermediateSize, m.HasMlpBias),
                MakeLinear($"{layer}.mlp.up_proj", m.HiddenSize, m.IntermediateSize, m.HasMlpBias),
            ];
        var down = MakeLinear($"{layer}.mlp.down_proj", m.IntermediateSize, m.HiddenSize, m.HasMlpBias);
        var postMlpNorm = m.HasPostNorms ? MakeNorm($"{layer}.post_feedforward_layernorm", m.HiddenSize) : null;
        return new DecoderLayer
        {
            Shape = shape,
            Index = index,
            QueryKeyValue = projections,
            Output = output,
            GateUp = gateUp,
            Down = down,
            InputNorm = inputNorm,
            PostAttentionNorm = m.HasPostNorms ? postAttentionNorm : null,
            MlpNorm = mlpNorm,
            PostMlpNorm = postMlpNorm,
            QueryNorm = queryNorm,
            KeyNorm = keyNorm,
            Attention = new AttentionShape(
                m.Heads, m.KeyValueHeads, m.HeadSize, (float)m.AttentionScale, (float)m.AttentionSoftcap, m.SlidingWindows[index]),
            Rotary = m.RopeOfLayer[index] < 0 ? null : _ropes[m.RopeOfLayer[index]],
            Activation = m.UsesGelu ? Activation.GeluTanh : Activation.Silu,
        };
    }

    private Linear MakeLinear(string name, int inputs, int outputs, bool hasBias)
    {
        var source = _model.TiesEmbeddings && name == HeadName && _weights.Find($"{name}.weight") is null ? EmbeddingName : name;
        var weight = Find($"{source}.weight", outputs, inputs);
        var isSaved = _saved.Contains(name) && !_adapters.ContainsKey(name);
        var linear = new Linear(name, name == HeadName || isSaved ? _storage.OpenTable(weight) : _storage.OpenLinear(weight));
        if (hasBias)
            linear.SetBias(Find($"{name}.bias", outputs));
        var isAdapted = _adapters.Remove(name, out var module);
        if (isAdapted)
            AddAdapter(linear, module);
        if (isSaved)
        {
            _saved.Remove(name);
            linear.TrainWeight(_parameters, _parameters.Add($"{KeyPrefix}{name}.weight", [outputs, inputs], TensorRole.Saved));
        }

        if (hasBias && (isSaved || _plan.Bias == LoraBias.All || (_plan.Bias == LoraBias.LoraOnly && isAdapted)))
        {
            var key = isAdapted ? $"{KeyPrefix}{name}.base_layer.bias" : $"{KeyPrefix}{name}.bias";
            linear.TrainBias(_parameters, _parameters.Add(key, [outputs], TensorRole.Bias));
        }

        return linear;
    }

    private void AddAdapter(Linear linear, int module)
    {
        var plan = _plan.Modules[module];
        CheckShape(plan, linear.Inputs, linear.Outputs);
        var key = KeyPrefix + linear.Name;
        var a = _parameters.Add($"{key}.lora_A.weight", [plan.Rank, linear.Inputs], TensorRole.LoraA);
        var b = _parameters.Add($"{key}.lora_B.weight", [linear.Outputs, plan.Rank], TensorRole.LoraB);
        linear.Adapter = _plan.UseDora
            ? new DoraAdapter(
                module, plan, _parameters, a, b, _parameters.Add($"{key}.lora_magnitude_vector", [linear.Outputs], TensorRole.Magnitude))
            : new LoraAdapter(module, plan, _parameters, a, b);
    }

    private Norm MakeNorm(string name, int size)
    {
        var norm = new Norm(name, Find($"{name}.weight", size), _model.NormEpsilon, _model.NormAddsOne);
        if (_saved.Remove(name))
            norm.TrainWeight(_parameters, _parameters.Add($"{KeyPrefix}{name}.weight", [size], TensorRole.Saved));
        return norm;
    }

    private StoredTensor Find(string name, params int[] shape)
    {
        var tensor = _weights.Find(name)
            ?? throw new TrainerException(
                $"the model's files hold no tensor '{name}', which a {_model.ModelType} model needs; download the model again");
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            throw new TrainerException(
                $"the tensor '{name}' has the shape ({string.Join(", ", tensor.Shape)}), but config.json asks for "
                + $"({string.Join(", ", shape)}); take both from the same model");
        return tensor;
    }

    private static void CheckShape(AdaptedModule plan, int inputs, int outputs)
    {
        if ((plan.InFeatures, plan.OutFeatures) != (inputs, outputs))
            throw new TrainerException(
                $"the adapter of '{plan.Name}' is for {plan.InFeatures} inputs and {plan.OutFeatures} outputs, but the layer has {inputs} "
                + $"and {outputs}; take an adapter of this model");
    }
}
