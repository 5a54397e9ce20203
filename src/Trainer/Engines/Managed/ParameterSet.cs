using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// All that is trained: values, gradients and the optimizer's moments, each in one block of native memory in the order of the adapter's
/// file. Parameters start at multiples of 16 values; what pads them stays zero.
/// </summary>
internal sealed unsafe class ParameterSet : IDisposable
{
    /// <summary>Parameters start at multiples of so many values: a cache line.</summary>
    public const int Alignment = NativeBuffer.Alignment / sizeof(float);

    private readonly List<TrainableTensor> _tensors = [];
    private readonly List<long> _starts = [];
    private readonly NativeBuffer?[] _blocks = new NativeBuffer?[4];

    /// <summary>What is trained.</summary>
    public IReadOnlyList<TrainableTensor> Tensors => _tensors;

    /// <summary>Values in a block, padding included.</summary>
    public long Length { get; private set; }

    /// <summary>Counts changes of values: what is derived from them is stale when this differs.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Adds a parameter and returns its index.</summary>
    public int Add(string name, int[] shape, TensorRole role)
    {
        var tensor = new TrainableTensor(name, shape, role);
        _tensors.Add(tensor);
        _starts.Add(Length);
        Length += (tensor.Length + Alignment - 1L) / Alignment * Alignment;
        return _tensors.Count - 1;
    }

    /// <summary>Makes the memory, all zeros. Nothing can be added afterwards.</summary>
    /// <param name="withMoments">Whether the optimizer keeps moments: AdamW does, SGD does not.</param>
    public void Allocate(bool withMoments)
    {
        for (var kind = 0; kind < (withMoments ? 4 : 2); kind++)
            _blocks[kind] = new NativeBuffer(Length);
    }

    /// <summary>Where a parameter starts in each block; <see cref="Length"/> for the one behind the last.</summary>
    public long Start(int index) => index == _starts.Count ? Length : _starts[index];

    /// <summary>The first value of a block.</summary>
    public float* Block(ParameterState kind) => _blocks[(int)kind]!.Data;

    /// <summary>The value of a parameter.</summary>
    public float* Value(int index) => Block(ParameterState.Value) + _starts[index];

    /// <summary>The gradient of a parameter.</summary>
    public float* Gradient(int index) => Block(ParameterState.Gradient) + _starts[index];

    /// <summary>The value of a parameter of two dimensions.</summary>
    public Matrix ValueMatrix(int index) => new(Value(index), _tensors[index].Shape[0], _tensors[index].Shape[1]);

    /// <summary>The gradient of a parameter of two dimensions.</summary>
    public Matrix GradientMatrix(int index) => new(Gradient(index), _tensors[index].Shape[0], _tensors[index].Shape[1]);

    /// <summary>Tells that values have changed.</summary>
    public void Touch() => Version++;

    /// <summary>Copies a tensor out. Moments that do not exist are zeros.</summary>
    public void Read(ParameterState kind, int index, Span<float> values)
    {
        CheckLength(index, values.Length);
        if (_blocks[(int)kind] is { } block)
            new ReadOnlySpan<float>(block.Data + _starts[index], values.Length).CopyTo(values);
        else
            values.Clear();
    }

    /// <summary>Copies a tensor in.</summary>
    /// <exception cref="ArgumentException">Moments that are not zero, for an optimizer that keeps none.</exception>
    public void Write(ParameterState kind, int index, ReadOnlySpan<float> values)
    {
        CheckLength(index, values.Length);
        if (_blocks[(int)kind] is { } block)
            values.CopyTo(new Span<float>(block.Data + _starts[index], values.Length));
        else if (values.ContainsAnyExcept(0f))
            throw new ArgumentException("the optimizer of this run keeps no moments", nameof(kind));
        if (kind == ParameterState.Value)
            Touch();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks)
            block?.Dispose();
    }

    private void CheckLength(int index, int length)
    {
        if (length != _tensors[index].Length)
            throw new ArgumentException($"{_tensors[index].Name} has {_tensors[index].Length} values, not {length}");
    }
}
