using System.Globalization;
using System.Runtime.InteropServices;
using LoraLint.Trainer.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// Trains an adapter with libtorch, on a GPU or the CPU. The base model is computed in bf16 or in 32 bits; adapters, their gradients and
/// moments are kept in 32 bits, as PEFT does.
/// </summary>
/// <remarks>
/// Forward and backward passes are written out layer by layer; libtorch differentiates only attention and gate. So frozen weights are
/// never kept for a backward pass, 4-bit weights are dequantized when they are used, recomputation goes layer by layer, and no exception
/// of ours ever passes through libtorch's own backward pass, which it would not survive.
/// </remarks>
public sealed class TorchEngine : ITrainingEngine
{
    private readonly ModelConfig _model;
    private readonly AdapterPlan _plan;
    private readonly EngineOptions _options;
    private readonly Device _device;
    private readonly ScalarType _precision;
    private readonly ParameterSet _parameters;
    private readonly Network _network;
    private readonly Optimizer _optimizer;
    private readonly IReadOnlyList<RotaryCache> _ropes;
    private readonly Tensor _loss;
    private DeviceBatch? _prepared;

    /// <summary>An engine for a model and a plan.</summary>
    /// <param name="model">The model's description.</param>
    /// <param name="weights">Its tensors by their Hugging Face names; they are copied to the device.</param>
    /// <param name="plan">What is trained.</param>
    /// <param name="options">Device, precision, threads, optimizer.</param>
    /// <exception cref="TrainerException">Model, weights, plan and options do not fit together.</exception>
    public TorchEngine(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options)
    {
        if (options.Dropout is not (>= 0 and < 1))
            throw new TrainerException(
                FormattableString.Invariant($"the dropout is {options.Dropout}, which is no probability below 1; set it to 0.05, say"));
        (_model, _plan, _options) = (model, plan, options);
        _device = device(options.Device);
        _precision = options.Precision switch
        {
            "bf16" => ScalarType.BFloat16,
            "fp32" => ScalarType.Float32,
            _ => throw new TrainerException(
                $"the torch engine computes in bf16 or fp32; {options.Precision} needs gradients to be scaled, which it does not do: "
                + "set bf16 (cards before NVIDIA's Ampere emulate it slowly) or fp32"),
        };
        AddressSpace.Require(options.Threads, options.Device == "cpu" ? options.Memory?.Low ?? 0 : 0);
        set_num_threads(options.Threads);
        _parameters = new ParameterSet(_device, _precision);
        try
        {
            using var mode = no_grad();
            _network = new NetworkBuilder(model, weights, plan, options, _parameters, _precision, _device).Build();
            _optimizer = new Optimizer(_parameters, options);
            _ropes = [.. model.Ropes.Select(rope => new RotaryCache(rope, _precision, _device))];
            _loss = zeros([1], ScalarType.Float64, _device);
            CopyInitialValues();
        }
        catch (ExternalException exception)
        {
            throw TorchFailure.Of(exception, _options, null);
        }
    }

    /// <inheritdoc/>
    public string Name => TorchEngineKind.KindName;

    /// <inheritdoc/>
    public string Device => string.Create(CultureInfo.InvariantCulture, $"{_options.Device}, {_options.Precision}");

    /// <inheritdoc/>
    public long MemoryBytes => _device.type == DeviceType.CUDA ? CudaDriver.MemoryInUse() ?? 0 : Environment.WorkingSet;

    /// <inheritdoc/>
    public IReadOnlyList<TrainableTensor> Parameters => _parameters.Tensors;

    /// <summary>Bytes of frozen matrices, and of all that is trained.</summary>
    internal (long Frozen, long Trained) Bytes => (_network.FrozenBytes, _parameters.Bytes);

    /// <inheritdoc/>
    public LossSum Evaluate(TokenBatch batch) => Run(batch, on =>
    {
        if (on.Supervised == 0)
            return default;
        var pass = Begin(on, dropout: 0, key: 0, usesAdapter: true, capture: null);
        using var sum = zeros([1], ScalarType.Float64, _device);
        var hidden = RunLayers(pass, on).index_select(0, on.Rows);
        _network.Head.Run(pass, hidden, on.Targets, sum, scale: null, needsHiddenGradient: false);
        return new LossSum(sum.item<double>(), on.Supervised);
    });

    /// <inheritdoc/>
    public void Accumulate(TokenBatch batch, double scale, ulong dropoutKey) => Run(batch, on =>
    {
        if (on.Supervised > 0)
            Accumulate(on, scale, dropoutKey);
        return on.Supervised;
    });

    /// <inheritdoc/>
    public void Prepare(TokenBatch next)
    {
        next.Check(_model);
        _prepared?.Dispose();
        _prepared = null;
        _prepared = Run(next.Length, () => new DeviceBatch(next, _ropes, _device));
    }

    /// <inheritdoc/>
    public AccumulatedSums ReadSums() => Run(0, () =>
    {
        var sums = cat([_loss, _optimizer.SquaredGradientNorm()], 0).cpu();
        var values = MemoryMarshal.Cast<byte, double>(sums.bytes);
        return new AccumulatedSums(values[0], Math.Sqrt(values[1]));
    });

    /// <inheritdoc/>
    public void Step(int step, double learningRate, double gradientScale) => Run(0, () =>
    {
        _optimizer.Step(step, learningRate, gradientScale);
        // Gives a tensor of its own for the same memory, unlike other operations in place.
        return _loss.zero_();
    });

    /// <inheritdoc/>
    public void Read(ParameterState kind, int index, Span<float> values) => _parameters.Read(kind, index, values);

    /// <inheritdoc/>
    public void Write(ParameterState kind, int index, ReadOnlySpan<float> values)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        _parameters.Write(kind, index, values);
    }

    /// <inheritdoc/>
    public float[] LastLogits(TokenBatch batch) => Run(batch, on =>
    {
        var pass = Begin(on, dropout: 0, key: 0, usesAdapter: true, capture: null);
        var last = HostMemory.Upload([.. batch.Starts.Skip(1).Select(end => end - 1L)], _device);
        var logits = _network.Head.ComputeLogits(pass, RunLayers(pass, on).index_select(0, last));
        var values = new float[batch.Sequences * _model.VocabularySize];
        HostMemory.Read(logits, values);
        return values;
    });

    /// <inheritdoc/>
    public void CaptureInputs(TokenBatch batch, Action<int, ReadRow> capture) => Run(batch, on =>
    {
        var pass = Begin(on, dropout: 0, key: 0, usesAdapter: false, capture: (module, input) =>
        {
            var columns = (int)input.size(1);
            var values = new float[batch.Length * columns];
            HostMemory.Read(input, values);
            capture(module, (row, target) => values.AsSpan(row * columns, columns).CopyTo(target));
        });
        var hidden = RunLayers(pass, on);
        if (_network.Head.Head.Adapter is { } adapter)
            pass.Capture!(adapter.Module, _network.Head.Norm.Forward(pass, hidden));
        return 0;
    });

    /// <inheritdoc/>
    public float[] WeightNorms(int module) => Run(0, () =>
    {
        var linear = _network.Linears.First(linear => linear.Adapter?.Module == module);
        var values = new float[linear.Frozen.Rows];
        HostMemory.Read(((DoraAdapter)linear.Adapter!).Norms(linear.Frozen), values);
        return values;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _prepared?.Dispose();
        _network.Dispose();
        _parameters.Dispose();
        foreach (var rope in _ropes)
            rope.Dispose();
        _loss.Dispose();
    }

    private void Accumulate(DeviceBatch batch, double scale, ulong dropoutKey)
    {
        var pass = Begin(batch, _options.Dropout, dropoutKey, usesAdapter: true, capture: null);
        var lowest = _network.LowestTrainedLayer;
        var layers = _network.Layers;

        // Inputs of layers whose backward pass comes, and what else they keep; with recomputation the inputs alone.
        var inputs = new Tensor[layers.Count];
        var kept = new LayerTensors?[layers.Count];
        try
        {
            var x = _network.Embedding.Forward(pass, batch.Tokens);
            for (var i = 0; i < layers.Count; i++)
            {
                inputs[i] = x;
                kept[i] = i >= lowest && (!_options.GradientCheckpointing || i == layers.Count - 1) ? new LayerTensors() : null;
                x = layers[i].Forward(pass, x, kept[i]);
                if (i < lowest)
                    inputs[i].Dispose();
            }

            var dHidden = _network.Head.Run(
                pass, x.index_select(0, batch.Rows), batch.Targets, _loss, scale, needsHiddenGradient: lowest < layers.Count);
            if (dHidden is null)
                return;
            var gradient = zeros_like(x).index_copy_(0, batch.Rows, dHidden);
            x.Dispose();
            for (var i = layers.Count - 1; i >= lowest; i--)
            {
                if (kept[i] is null)
                {
                    kept[i] = new LayerTensors();
                    layers[i].Forward(pass, inputs[i], kept[i]).Dispose();
                }

                var next = layers[i].Backward(pass, inputs[i], gradient, kept[i]!, i > lowest || _network.Embedding.IsTrained);
                kept[i]!.Dispose();
                kept[i] = null;
                inputs[i].Dispose();
                gradient.Dispose();
                if (next is null)
                    return;
                gradient = next;
            }

            _network.Embedding.Backward(batch.Tokens, gradient);
        }
        finally
        {
            foreach (var tensors in kept)
                tensors?.Dispose();
        }
    }

    private Tensor RunLayers(Pass pass, DeviceBatch batch)
    {
        var x = _network.Embedding.Forward(pass, batch.Tokens);
        foreach (var layer in _network.Layers)
        {
            var y = layer.Forward(pass, x, null);
            x.Dispose();
            x = y;
        }

        return x;
    }

    private Pass Begin(DeviceBatch batch, double dropout, ulong key, bool usesAdapter, Action<int, Tensor>? capture) => new()
    {
        Device = _device,
        Precision = _precision,
        Groups = batch.Groups,
        Ropes = batch.Ropes,
        Dropout = dropout,
        DropoutKey = key,
        UsesAdapter = usesAdapter,
        Capture = capture,
    };

    // What is trained in full starts as the base's, and magnitudes as the norms of its rows.
    private void CopyInitialValues()
    {
        _network.Embedding.CopyInitialValues();
        foreach (var linear in _network.Linears)
            linear.CopyInitialValues();
        foreach (var norm in _network.Norms)
            norm.CopyInitialValues();
        _parameters.Touch();
    }

    // A batch that was prepared is used up; the one prepared for later stays when another comes in between.
    private T Run<T>(TokenBatch batch, Func<DeviceBatch, T> compute)
    {
        var isPrepared = ReferenceEquals(_prepared?.Source, batch);
        if (!isPrepared)
            batch.Check(_model);
        return Run(batch.Length, () =>
        {
            using var on = isPrepared ? _prepared! : new DeviceBatch(batch, _ropes, _device);
            if (isPrepared)
                _prepared = null;
            return compute(on);
        });
    }

    // What libtorch throws, whatever it computed, is told as what it means.
    private T Run<T>(int tokens, Func<T> compute)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        try
        {
            return compute();
        }
        catch (ExternalException exception)
        {
            throw TorchFailure.Of(exception, _options, new MemoryNeed(tokens, _network.FrozenBytes, _parameters.Bytes));
        }
    }
}
