using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>Builds a network over weights that lie where the files are mapped.</summary>
internal sealed class NetworkBuilder(ModelConfig model, IWeights weights, AdapterPlan plan, ParameterSet parameters, FrozenStorage storage)
    : NetworkBuilder<Embedding, Linear, Norm>(model, weights, plan)
{
    private readonly List<RotaryTables> _ropes = [.. model.Ropes.Select(rope => new RotaryTables(rope))];

    /// <summary>Builds the network.</summary>
    /// <exception cref="TrainerException">A tensor is missing or has another shape, or the plan names what is no such module.</exception>
    public Network Build()
    {
        var modules = MakeModules();
        return new Network
        {
            Embedding = modules.Embedding,
            Layers = [.. modules.Layers.Select(MakeLayer)],
            Head = new LossHead(modules.Norm, modules.Head, (float)Model.LogitSoftcap),
            Ropes = _ropes,
            Shape = LayerShape.Of(Model),
        };
    }

    /// <inheritdoc/>
    protected override int AddParameter(string key, int[] shape, TensorRole role) => parameters.Add(key, shape, role);

    /// <inheritdoc/>
    protected override Embedding OpenEmbedding(StoredTensor table) =>
        new(ModelLayout.Embedding, storage.OpenTable(table), (float)Model.EmbeddingScale);

    /// <inheritdoc/>
    protected override Linear OpenLinear(string name, StoredTensor weight, bool isTable, StoredTensor? bias)
    {
        var linear = new Linear(name, isTable ? storage.OpenTable(weight) : storage.OpenLinear(weight));
        if (bias is not null)
            linear.SetBias(bias);
        return linear;
    }

    /// <inheritdoc/>
    protected override Norm OpenNorm(string name, StoredTensor weight) => new(name, weight, Model.NormEpsilon, Model.NormAddsOne);

    /// <inheritdoc/>
    protected override void AddAdapter(Embedding embedding, AdaptedModule plan, int a, int b) =>
        embedding.AddAdapter(plan, parameters, a, b);

    /// <inheritdoc/>
    protected override void AddAdapter(Linear linear, int module, AdaptedModule plan, int a, int b, int? magnitude) =>
        linear.Adapter = magnitude is { } index
            ? new DoraAdapter(module, plan, parameters, a, b, index)
            : new LoraAdapter(module, plan, parameters, a, b);

    /// <inheritdoc/>
    protected override void TrainWeight(Embedding embedding, int index) => embedding.TrainWeight(parameters, index);

    /// <inheritdoc/>
    protected override void TrainWeight(Linear linear, int index) => linear.TrainWeight(parameters, index);

    /// <inheritdoc/>
    protected override void TrainWeight(Norm norm, int index) => norm.TrainWeight(parameters, index);

    /// <inheritdoc/>
    protected override void TrainBias(Linear linear, int index) => linear.TrainBias(parameters, index);

    private DecoderLayer MakeLayer(LayerModules<Linear, Norm> modules, int index) => new()
    {
        Shape = LayerShape.Of(Model),
        Index = index,
        QueryKeyValue = modules.QueryKeyValue,
        Output = modules.Output,
        GateUp = modules.GateUp,
        Down = modules.Down,
        InputNorm = modules.InputNorm,
        PostAttentionNorm = modules.PostAttentionNorm,
        MlpNorm = modules.MlpNorm,
        PostMlpNorm = modules.PostMlpNorm,
        QueryNorm = modules.QueryNorm,
        KeyNorm = modules.KeyNorm,
        Attention = new AttentionShape(
            Model.Heads, Model.KeyValueHeads, Model.HeadSize, (float)Model.AttentionScale, (float)Model.AttentionSoftcap,
            Model.SlidingWindows[index]),
        Rotary = Model.RopeOfLayer[index] < 0 ? null : _ropes[Model.RopeOfLayer[index]],
        Activation = Model.UsesGelu ? Activation.GeluTanh : Activation.Silu,
    };
}
