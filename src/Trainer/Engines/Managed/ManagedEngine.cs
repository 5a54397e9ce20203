using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// Trains an adapter on the CPU, in C# alone: explicit forward and backward passes in 32 bits over memory that is arranged once. Base
/// weights are read where the files are mapped.
/// </summary>
/// <remarks>
/// A new engine computes what the base model does: A and B are zero, saved weights and biases are copies of the base's, magnitudes are
/// the norms of the base's rows. Whoever creates it writes other initial values.
/// </remarks>
public sealed partial class ManagedEngine : ITrainingEngine
{
    private readonly ModelConfig _model;
    private readonly IWeights _weights;
    private readonly AdapterPlan _plan;
    private readonly EngineOptions _options;
    private readonly ParameterSet _parameters = new();
    private readonly FrozenStorage _storage;
    private readonly Network _network;
    private readonly Optimizer _optimizer;
    private readonly WorkerPool _pool;
    private readonly Pass _pass;
    private readonly Activations _activations;
    private double _loss;

    /// <summary>An engine for a model and a plan.</summary>
    /// <param name="model">The model's description.</param>
    /// <param name="weights">Its tensors by their Hugging Face names; they stay in use.</param>
    /// <param name="plan">What is trained.</param>
    /// <param name="options">Threads, memory, optimizer.</param>
    /// <exception cref="TrainerException">Model, weights, plan and options do not fit together.</exception>
    public ManagedEngine(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options)
    {
        if (options.Dropout is not (>= 0 and < 1))
            throw new TrainerException(
                FormattableString.Invariant($"the dropout is {options.Dropout}, which is no probability below 1; set it to 0.05, say"));
        (_model, _weights, _plan, _options) = (model, weights, plan, options);
        _storage = new FrozenStorage(options);
        _network = new NetworkBuilder(model, weights, plan, _parameters, _storage).Build();
        _optimizer = new Optimizer(_parameters, options);
        _parameters.Allocate(_optimizer.HasMoments);
        _pool = new WorkerPool(options.Threads);
        _pass = new Pass(_pool);
        _activations = new Activations(_network);
        CopyInitialValues();
    }

    /// <inheritdoc/>
    public string Name => ManagedEngineKind.KindName;

    /// <inheritdoc/>
    public string Device => ManagedEngineKind.Instructions;

    /// <inheritdoc/>
    public long MemoryBytes => Environment.WorkingSet;

    /// <inheritdoc/>
    public IReadOnlyList<TrainableTensor> Parameters => _parameters.Tensors;

    /// <summary>
    /// Whether the adapter counts in <see cref="Evaluate"/>, <see cref="LastLogits"/> and decoders; else they show the base model.
    /// </summary>
    public bool AdapterEnabled { get; set; } = true;

    /// <summary>Values that the memory of activations holds: as many as the largest batch so far took.</summary>
    internal long ActivationCapacity => _activations.Capacity;

    /// <inheritdoc/>
    public LossSum Evaluate(TokenBatch batch)
    {
        batch.Check(_model);
        var (rows, targets) = FindSupervised(batch);
        if (rows.Length == 0)
            return default;
        Begin(batch, rows.Length, Math.Min(rows.Length, _network.Head.ChunkRows), Dropout.None, backward: false, AdapterEnabled);
        RunLayers(batch);
        GatherRows(rows);
        var loss = _network.Head.Run(_pass, _activations.Head, targets, 0, trains: false, needsHiddenGradient: false);
        return new LossSum(loss, rows.Length);
    }

    /// <inheritdoc/>
    void ITrainingEngine.Accumulate(TokenBatch batch, double scale, ulong dropoutKey) => Accumulate(batch, scale, dropoutKey);

    /// <summary>As the interface has it, and gives the sum of this batch.</summary>
    public LossSum Accumulate(TokenBatch batch, double scale, ulong dropoutKey)
    {
        batch.Check(_model);
        var (rows, targets) = FindSupervised(batch);
        if (rows.Length == 0)
            return default;
        var dropout = new Dropout(_options.Dropout, dropoutKey);
        Begin(batch, rows.Length, Math.Min(rows.Length, _network.Head.ChunkRows), dropout, backward: true, usesAdapter: true);
        RunLayers(batch);
        GatherRows(rows);
        var lowest = _network.LowestTrainedLayer;
        var reachesLayers = lowest < _network.Layers.Count;
        var loss = _network.Head.Run(_pass, _activations.Head, targets, (float)scale, trains: true, reachesLayers);
        if (reachesLayers)
        {
            ScatterRows(rows);
            RunLayersBackward(lowest);
            if (_network.Embedding.IsTrained)
                _network.Embedding.Backward(_pass, batch.Tokens, _activations.Gradient, _activations.EmbeddingReduced);
        }

        _loss += loss;
        return new LossSum(loss, rows.Length);
    }

    /// <inheritdoc/>
    public AccumulatedSums ReadSums() => new(_loss, GradientNorm());

    /// <summary>The Euclidean norm of all gradients together.</summary>
    public double GradientNorm() => _optimizer.GradientNorm(_pool);

    /// <inheritdoc/>
    public void Step(int step, double learningRate, double gradientScale)
    {
        _optimizer.Step(_pool, step, learningRate, gradientScale);
        _loss = 0;
    }

    /// <inheritdoc/>
    public void Read(ParameterState kind, int index, Span<float> values) => _parameters.Read(kind, index, values);

    /// <inheritdoc/>
    public void Write(ParameterState kind, int index, ReadOnlySpan<float> values) => _parameters.Write(kind, index, values);

    /// <inheritdoc/>
    public unsafe float[] LastLogits(TokenBatch batch)
    {
        batch.Check(_model);
        Begin(batch, batch.Sequences, 0, Dropout.None, backward: false, AdapterEnabled);
        RunLayers(batch);
        GatherRows([.. batch.Starts.Skip(1).Select(end => end - 1)]);
        var logits = new float[batch.Sequences * _model.VocabularySize];
        fixed (float* data = logits)
            _network.Head.ComputeLogits(_pass, _activations.Head, new Matrix(data, batch.Sequences, _model.VocabularySize));
        return logits;
    }

    /// <summary>A decoder of one sequence with a key and value cache, which sees the adapter as it is at each call.</summary>
    /// <param name="capacity">Tokens of the sequence at most, prompt included.</param>
    public Decoder CreateDecoder(int capacity)
    {
        if (capacity < 1 || capacity > _model.MaxPositions)
            throw new TrainerException($"the model handles sequences of 1 to {_model.MaxPositions} tokens, not {capacity}");
        return new Decoder(this, _network, _pass, _model.VocabularySize, capacity);
    }

    /// <inheritdoc/>
    public void CaptureInputs(TokenBatch batch, Action<int, ReadRow> capture)
    {
        batch.Check(_model);
        _pass.Capture = (module, inputs) => capture(module, (row, values) => inputs.RowSpan(row).CopyTo(values));
        try
        {
            var rows = Enumerable.Range(0, batch.Length).ToArray();
            var capturesHead = _network.Head.Head.Adapter is not null;
            Begin(batch, capturesHead ? rows.Length : 0, 0, Dropout.None, backward: false, usesAdapter: false);
            RunLayers(batch);
            if (!capturesHead)
                return;
            GatherRows(rows);
            _pass.Capture(_network.Head.Head.Adapter!.Module, _network.Head.NormRows(_pass, _activations.Head));
        }
        finally
        {
            _pass.Capture = null;
        }
    }

    /// <inheritdoc/>
    public float[] WeightNorms(int module)
    {
        var linear = _network.Linears.First(linear => linear.Adapter?.Module == module);
        using var scratch = new NativeBuffer(linear.ScratchLength(0, drops: false, backward: false), zeroed: false);
        unsafe
        {
            _pass.Scratch = scratch.Data;
        }

        return ((DoraAdapter)linear.Adapter!).Norms(_pass, linear.Frozen).ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _activations.Dispose();
        _network.Dispose();
        _storage.Dispose();
        _parameters.Dispose();
        _pool.Dispose();
    }
}
