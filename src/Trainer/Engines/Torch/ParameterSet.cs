using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// All that is trained: values, gradients and moments, each one flat tensor in 32 bits, of which parameters are pieces; and a copy of the
/// values in the precision that layers compute in. An optimizer step is then a handful of operations however many parameters there are.
/// </summary>
/// <remarks>Parameters that the optimizer treats alike lie side by side. Their indices are those of the adapter's file.</remarks>
internal sealed class ParameterSet(Device device, ScalarType precision) : IDisposable
{
    private readonly List<TrainableTensor> _tensors = [];
    private readonly Tensor?[] _blocks = new Tensor?[4];
    private long[] _starts = [];
    private Tensor[] _values = [];
    private Tensor[] _gradients = [];
    private Tensor[] _computed = [];
    private Tensor? _copy;

    /// <summary>What is trained.</summary>
    public IReadOnlyList<TrainableTensor> Tensors => _tensors;

    /// <summary>Values in a block.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of all blocks on the device.</summary>
    public long Bytes => _blocks.Append(_copy).OfType<Tensor>().Sum(block => block.NumberOfElements * block.ElementSize);

    /// <summary>Counts changes of values: what is derived from them is stale when this differs.</summary>
    public long Version { get; private set; } = 1;

    /// <summary>Adds a parameter and returns its index.</summary>
    public int Add(string name, int[] shape, TensorRole role)
    {
        _tensors.Add(new TrainableTensor(name, shape, role));
        return _tensors.Count - 1;
    }

    /// <summary>Makes the memory, all zeros. Nothing can be added afterwards.</summary>
    /// <param name="order">Indices in the order of memory.</param>
    /// <param name="withMoments">Whether the optimizer keeps moments.</param>
    public void Allocate(IReadOnlyList<int> order, bool withMoments)
    {
        _starts = new long[_tensors.Count];
        foreach (var index in order)
        {
            _starts[index] = Length;
            Length += _tensors[index].Length;
        }

        for (var kind = 0; kind < (withMoments ? 4 : 2); kind++)
            _blocks[kind] = zeros([Length], ScalarType.Float32, device);
        _copy = precision == ScalarType.Float32 ? null : zeros([Length], precision, device);
        _values = Pieces(Block(ParameterState.Value));
        _gradients = Pieces(Block(ParameterState.Gradient));
        _computed = _copy is null ? _values : Pieces(_copy);
    }

    /// <summary>Where a parameter starts in each block.</summary>
    public long Start(int index) => _starts[index];

    /// <summary>A block, shape (Length).</summary>
    public Tensor Block(ParameterState kind) => _blocks[(int)kind]!;

    /// <summary>A parameter's value in 32 bits.</summary>
    public Tensor Value(int index) => _values[index];

    /// <summary>A parameter's value in the precision that layers compute in.</summary>
    public Tensor Computed(int index) => _computed[index];

    /// <summary>A parameter's gradient in 32 bits.</summary>
    public Tensor Gradient(int index) => _gradients[index];

    /// <summary>Adds a b to a parameter's gradient.</summary>
    public void AddProduct(int index, Tensor a, Tensor b)
    {
        if (precision == ScalarType.Float32)
        {
            _gradients[index].addmm_(a, b);
            return;
        }

        using var product = a.mm(b);
        _gradients[index].add_(product);
    }

    /// <summary>Tells that values have changed.</summary>
    public void Touch()
    {
        Version++;
        _copy?.copy_(Block(ParameterState.Value));
    }

    /// <summary>Copies a tensor out. Moments that do not exist are zeros.</summary>
    public void Read(ParameterState kind, int index, Span<float> values)
    {
        CheckLength(index, values.Length);
        if (_blocks[(int)kind] is { } block)
            HostMemory.Read(block.narrow(0, _starts[index], values.Length), values);
        else
            values.Clear();
    }

    /// <summary>Copies a tensor in.</summary>
    /// <exception cref="ArgumentException">Moments that are not zero, for an optimizer that keeps none.</exception>
    public void Write(ParameterState kind, int index, ReadOnlySpan<float> values)
    {
        CheckLength(index, values.Length);
        if (_blocks[(int)kind] is { } block)
            HostMemory.Write(values, block.narrow(0, _starts[index], values.Length));
        else if (values.ContainsAnyExcept(0f))
            throw new ArgumentException("the optimizer of this run keeps no moments", nameof(kind));
        if (kind == ParameterState.Value)
            Touch();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var piece in _values.Concat(_gradients).Concat(_copy is null ? [] : _computed))
            piece.Dispose();
        foreach (var block in _blocks)
            block?.Dispose();
        _copy?.Dispose();
    }

    private Tensor[] Pieces(Tensor block) => [.. _tensors.Select((tensor, i) =>
    {
        // Each view holds the whole block's memory until it is disposed.
        using var piece = block.narrow(0, _starts[i], tensor.Length);
        return piece.view([.. tensor.Shape.Select(size => (long)size)]);
    })];

    private void CheckLength(int index, int length)
    {
        if (length != _tensors[index].Length)
            throw new ArgumentException($"{_tensors[index].Name} has {_tensors[index].Length} values, not {length}");
    }
}
