using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Quantization;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>Builds a network on a device.</summary>
internal sealed class NetworkBuilder(
    ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options, ParameterSet parameters, ScalarType precision,
    Device device)
    : NetworkBuilder<Embedding, Linear, Norm>(model, weights, plan)
{
    private readonly Dictionary<string, Tensor> _uploaded = [];

    /// <summary>Builds the network.</summary>
    /// <exception cref="TrainerException">A tensor is missing or has another shape, or the plan names what is no such module.</exception>
    public Network Build()
    {
        var modules = MakeModules();
        return new Network(
            modules.Embedding, [.. modules.Layers.Select(MakeLayer)], new LossHead(modules.Norm, modules.Head, Model.LogitSoftcap));
    }

    /// <inheritdoc/>
    protected override int AddParameter(string key, int[] shape, TensorRole role) => parameters.Add(key, shape, role);

    /// <inheritdoc/>
    protected override Embedding OpenEmbedding(StoredTensor table) =>
        new(Keep(table), Model.EmbeddingScale, parameters);

    /// <inheritdoc/>
    protected override Linear OpenLinear(string name, StoredTensor weight, bool isTable, StoredTensor? bias)
    {
        var linear = new Linear(name, isTable ? Keep(weight) : Store(weight), parameters);
        if (bias is not null)
            linear.SetBias(HostMemory.Upload(bias, precision, device));
        return linear;
    }

    /// <inheritdoc/>
    protected override Norm OpenNorm(string name, StoredTensor weight) =>
        new(name, HostMemory.Upload(weight, ScalarType.Float32, device), Model.NormEpsilon, Model.NormAddsOne, parameters);

    /// <inheritdoc/>
    protected override void AddAdapter(Embedding embedding, AdaptedModule plan, int a, int b) => embedding.AddAdapter(plan, a, b);

    /// <inheritdoc/>
    protected override void AddAdapter(Linear linear, int module, AdaptedModule plan, int a, int b, int? magnitude) =>
        linear.Adapter = magnitude is { } index
            ? new DoraAdapter(module, plan, parameters, a, b, index)
            : new LoraAdapter(module, plan, parameters, a, b);

    /// <inheritdoc/>
    protected override void TrainWeight(Embedding embedding, int index) => embedding.TrainWeight(index);

    /// <inheritdoc/>
    protected override void TrainWeight(Linear linear, int index) => linear.TrainWeight(index);

    /// <inheritdoc/>
    protected override void TrainWeight(Norm norm, int index) => norm.TrainWeight(index);

    /// <inheritdoc/>
    protected override void TrainBias(Linear linear, int index) => linear.TrainBias(index);

    private DecoderLayer MakeLayer(LayerModules<Linear, Norm> modules, int index)
    {
        var (queries, keys) = (Model.Heads * Model.HeadSize, Model.KeyValueHeads * Model.HeadSize);
        return new DecoderLayer
        {
            QueryKeyValue = modules.QueryKeyValue,
            Widths = [queries, keys, keys],
            Output = modules.Output,
            GateUp = modules.GateUp,
            Intermediate = Model.IntermediateSize,
            Down = modules.Down,
            InputNorm = modules.InputNorm,
            PostAttentionNorm = modules.PostAttentionNorm,
            MlpNorm = modules.MlpNorm,
            PostMlpNorm = modules.PostMlpNorm,
            QueryNorm = modules.QueryNorm,
            KeyNorm = modules.KeyNorm,
            Attention = new Attention(Model, index, modules.QueryNorm, modules.KeyNorm),
            Gate = new Gate(Model.UsesGelu),
        };
    }

    private FrozenWeight Store(StoredTensor tensor)
    {
        if (options.Quantization is not { } quantization)
            return Keep(tensor);
        var quantized = QuantizedTensor.Quantize(tensor, FourBitType.Find(quantization.Type), quantization.Double, options.Threads);
        return new QuantizedWeight(quantized, tensor.Shape[0], tensor.Shape[1], precision, device);
    }

    // A tensor that embedding and head share lies on the device once.
    private StoredWeight Keep(StoredTensor tensor)
    {
        if (_uploaded.TryGetValue(tensor.Name, out var known))
            return new StoredWeight(known.alias(), isShared: true);
        var values = HostMemory.Upload(tensor, precision, device);
        _uploaded.Add(tensor.Name, values);
        return new StoredWeight(values, isShared: false);
    }
}
