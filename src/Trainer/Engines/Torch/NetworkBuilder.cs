using LoraLint.Rules.Runs;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Quantization;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// Builds a network on a device from a model's description, its tensors by their Hugging Face names, and a plan, and adds what is trained
/// to the parameters under the keys of PEFT's files; in the order and with the keys of the managed engine's builder.
/// </summary>
internal sealed class NetworkBuilder
{
    private const string KeyPrefix = "base_model.model.";

    private readonly ModelConfig _model;
    private readonly IWeights _weights;
    private readonly AdapterPlan _plan;
    private readonly EngineOptions _options;
    private readonly ParameterSet _parameters;
    private readonly ScalarType _precision;
    private readonly Device _device;
    private readonly Dictionary<string, int> _adapters = [];
    private readonly HashSet<string> _saved;
    private readonly Dictionary<nint, Tensor> _uploaded = [];

    /// <summary>A builder that is used once.</summary>
    public NetworkBuilder(
        ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options, ParameterSet parameters, ScalarType precision,
        Device device)
    {
        (_model, _weights, _plan, _options) = (model, weights, plan, options);
        (_parameters, _precision, _device) = (parameters, precision, device);
        for (var i = 0; i < plan.Modules.Count; i++)
        {
            if (!_adapters.TryAdd(plan.Modules[i].Name, i))
                throw new TrainerException($"the adapter names the module '{plan.Modules[i].Name}' twice; name it once");
        }

        _saved = [.. plan.SavedModules];
    }

    /// <summary>Builds the network.</summary>
    /// <exception cref="TrainerException">A tensor is missing or has another shape, or the plan names what is no such module.</exception>
    public Network Build()
    {
        var embedding = MakeEmbedding();
        var layers = Enumerable.Range(0, _model.Layers).Select(MakeLayer).ToList();
        var norm = MakeNorm(ModelLayout.Norm, _model.HiddenSize);
        var head = MakeLinear(ModelLayout.Head, _model.HiddenSize, _model.VocabularySize, hasBias: false);
        if (_adapters.Keys.Concat(_saved).FirstOrDefault() is { } unknown)
            throw new TrainerException($"'{unknown}' is no module of a {_model.ModelType} model that can be trained; correct the targets");
        return new Network(embedding, layers, new LossHead(norm, head, _model.LogitSoftcap));
    }

    private Embedding MakeEmbedding()
    {
        const string name = ModelLayout.Embedding;
        var table = new StoredWeight(Upload(Find($"{name}.weight", _model.VocabularySize, _model.HiddenSize)));
        var embedding = new Embedding(table, _model.EmbeddingScale, _parameters);
        if (_adapters.Remove(name, out var module))
        {
            var plan = _plan.Modules[module];
            if (_plan.UseDora)
                throw new TrainerException(
                    $"DoRA on the embedding '{name}' is not supported; take it out of the target modules, or train without DoRA");
            CheckShape(plan, _model.VocabularySize, _model.HiddenSize);
            embedding.AddAdapter(
                plan, _parameters.Add($"{KeyPrefix}{name}.lora_embedding_A", [plan.Rank, plan.InFeatures], TensorRole.LoraA),
                _parameters.Add($"{KeyPrefix}{name}.lora_embedding_B", [plan.OutFeatures, plan.Rank], TensorRole.LoraB));
        }
        else if (_saved.Remove(name))
        {
            embedding.TrainWeight(
                _parameters.Add($"{KeyPrefix}{name}.weight", [_model.VocabularySize, _model.HiddenSize], TensorRole.Saved));
        }

        return embedding;
    }

    private DecoderLayer MakeLayer(int index)
    {
        var m = _model;
        var layer = $"model.layers.{index}";
        var (queries, keys) = (m.Heads * m.HeadSize, m.KeyValueHeads * m.HeadSize);
        var inputNorm = MakeNorm($"{layer}.input_layernorm", m.HiddenSize);
        Linear[] projections = m.HasFusedProjections
            ? [MakeLinear($"{layer}.self_attn.qkv_proj", m.HiddenSize, queries + 2 * keys, m.HasQueryKeyValueBias)]
            :
            [
                MakeLinear($"{layer}.self_attn.q_proj", m.HiddenSize, queries, m.HasQueryKeyValueBias),
                MakeLinear($"{layer}.self_attn.k_proj", m.HiddenSize, keys, m.HasQueryKeyValueBias),
                MakeLinear($"{layer}.self_attn.v_proj", m.HiddenSize, keys, m.HasQueryKeyValueBias),
            ];
        var queryNorm = m.HasQueryKeyNorm ? MakeNorm($"{layer}.self_attn.q_norm", m.HeadSize) : null;
        var keyNorm = m.HasQueryKeyNorm ? MakeNorm($"{layer}.self_attn.k_norm", m.HeadSize) : null;
        var output = MakeLinear($"{layer}.self_attn.o_proj", queries, m.HiddenSize, m.HasOutputBias);

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
        return new DecoderLayer
        {
            QueryKeyValue = projections,
            Widths = [queries, keys, keys],
            Output = output,
            GateUp = gateUp,
            Intermediate = m.IntermediateSize,
            Down = down,
            InputNorm = inputNorm,
            PostAttentionNorm = m.HasPostNorms ? postAttentionNorm : null,
            MlpNorm = mlpNorm,
            PostMlpNorm = m.HasPostNorms ? MakeNorm($"{layer}.post_feedforward_layernorm", m.HiddenSize) : null,
            QueryNorm = queryNorm,
            KeyNorm = keyNorm,
            Attention = new Attention(m, index, queryNorm, keyNorm),
            Gate = new Gate(m.UsesGelu),
        };
    }

    private Linear MakeLinear(string name, int inputs, int outputs, bool hasBias)
    {
        var isTied = name == ModelLayout.Head && _model.TiesEmbeddings && _weights.Find($"{name}.weight") is null;
        var weight = Find($"{(isTied ? ModelLayout.Embedding : name)}.weight", outputs, inputs);
        var isSaved = _saved.Contains(name) && !_adapters.ContainsKey(name);
        var linear = new Linear(name, Store(weight, isTable: name == ModelLayout.Head || isSaved), _parameters);
        if (hasBias)
            linear.SetBias(Upload(Find($"{name}.bias", outputs)));
        var isAdapted = _adapters.Remove(name, out var module);
        if (isAdapted)
            AddAdapter(linear, module);
        if (isSaved)
        {
            _saved.Remove(name);
            linear.TrainWeight(_parameters.Add($"{KeyPrefix}{name}.weight", [outputs, inputs], TensorRole.Saved));
        }

        if (hasBias && (isSaved || _plan.Bias == LoraBias.All || (_plan.Bias == LoraBias.LoraOnly && isAdapted)))
            linear.TrainBias(_parameters.Add($"{KeyPrefix}{name}.{(isAdapted ? "base_layer.bias" : "bias")}", [outputs], TensorRole.Bias));
        return linear;
    }

    private void AddAdapter(Linear linear, int module)
    {
        var plan = _plan.Modules[module];
        CheckShape(plan, linear.Frozen.Columns, linear.Frozen.Rows);
        var key = KeyPrefix + linear.Name;
        var a = _parameters.Add($"{key}.lora_A.weight", [plan.Rank, plan.InFeatures], TensorRole.LoraA);
        var b = _parameters.Add($"{key}.lora_B.weight", [plan.OutFeatures, plan.Rank], TensorRole.LoraB);
        linear.Adapter = _plan.UseDora
            ? new DoraAdapter(
                module, plan, _parameters, a, b, _parameters.Add($"{key}.lora_magnitude_vector", [plan.OutFeatures], TensorRole.Magnitude))
            : new LoraAdapter(module, plan, _parameters, a, b);
    }

    private Norm MakeNorm(string name, int size)
    {
        var weight = HostMemory.Upload(Find($"{name}.weight", size), ScalarType.Float32, _device);
        var norm = new Norm(name, weight, _model.NormEpsilon, _model.NormAddsOne, _parameters);
        if (_saved.Remove(name))
            norm.TrainWeight(_parameters.Add($"{KeyPrefix}{name}.weight", [size], TensorRole.Saved));
        return norm;
    }

    // What 4-bit quantization passes over, as transformers does: embedding, head, and modules trained in full.
    private FrozenWeight Store(StoredTensor tensor, bool isTable)
    {
        if (isTable || _options.Quantization is not { } quantization)
            return new StoredWeight(Upload(tensor));
        var quantized = QuantizedTensor.Quantize(tensor, FourBitType.Find(quantization.Type), quantization.Double, _options.Threads);
        return new QuantizedWeight(quantized, tensor.Shape[0], tensor.Shape[1], _precision, _device);
    }

    // A tensor that embedding and head share lies on the device once.
    private Tensor Upload(StoredTensor tensor)
    {
        if (_uploaded.TryGetValue(tensor.Data, out var known))
            return known.alias();
        var values = HostMemory.Upload(tensor, _precision, _device);
        _uploaded.Add(tensor.Data, values);
        return values;
    }

    private StoredTensor Find(string name, params int[] shape)
    {
        var tensor = _weights.Find(name)
            ?? throw new TrainerException(
                $"the model's files hold no tensor '{name}', which a {_model.ModelType} model needs; download the model again");
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
