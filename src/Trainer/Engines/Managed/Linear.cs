using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// A linear layer y = x W^T + b. W is frozen, with an adapter or without one, or it is trained in full (modules_to_save). The frozen
/// weight stays beside a trained copy, so that the base model can still be computed.
/// </summary>
/// <param name="name">The module's name.</param>
/// <param name="frozen">W as stored, shape (out, in).</param>
internal sealed unsafe class Linear(string name, FrozenMatrix frozen) : IDisposable
{
    private ParameterSet? _parameters;
    private FrozenMatrix? _saved;
    private int _savedIndex = -1;
    private NativeBuffer? _bias;
    private int _biasIndex = -1;

    /// <summary>The module's name.</summary>
    public string Name { get; } = name;

    /// <summary>Input features.</summary>
    public int Inputs => frozen.Columns;

    /// <summary>Output features.</summary>
    public int Outputs => frozen.Rows;

    /// <summary>W as stored.</summary>
    public FrozenMatrix Frozen => frozen;

    /// <summary>Its adapter, or null.</summary>
    public Adapter? Adapter { get; set; }

    /// <summary>Columns of u, which the backward pass of the adapter needs.</summary>
    public int Rank => Adapter?.Rank ?? 0;

    /// <summary>Whether anything of it is trained.</summary>
    public bool IsTrained => NeedsInput || _biasIndex >= 0;

    /// <summary>Whether the gradients of its weights need its input.</summary>
    public bool NeedsInput => Adapter is not null || _savedIndex >= 0;

    /// <summary>Sets the bias.</summary>
    public void SetBias(StoredTensor bias)
    {
        _bias = new NativeBuffer(Outputs);
        bias.CopyTo(new Span<float>(_bias.Data, Outputs));
    }

    /// <summary>Trains W in full.</summary>
    public void TrainWeight(ParameterSet parameters, int index) => (_parameters, _savedIndex) = (parameters, index);

    /// <summary>Trains the bias.</summary>
    public void TrainBias(ParameterSet parameters, int index) => (_parameters, _biasIndex) = (parameters, index);

    /// <summary>Values of scratch memory that a call takes.</summary>
    public long ScratchLength(int rows, bool drops, bool backward) => Adapter?.ScratchLength(rows, drops, backward) ?? 0;

    /// <summary>Lets training start at what is stored: W, the bias, and for a magnitude the norms of the rows.</summary>
    public void CopyInitialValues(Pass pass)
    {
        if (_savedIndex >= 0)
            frozen.WidenRows(0, Outputs, 0, Inputs, _parameters!.Value(_savedIndex), Inputs);
        if (_biasIndex >= 0)
            new ReadOnlySpan<float>(_bias!.Data, Outputs).CopyTo(new Span<float>(_parameters!.Value(_biasIndex), Outputs));
        (Adapter as DoraAdapter)?.CopyNorms(pass, frozen);
    }

    /// <summary>Computes y.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">Input, shape (T, in).</param>
    /// <param name="y">Output, shape (T, out), overwritten.</param>
    /// <param name="u">Memory for the adapter's reduced input, shape (T, rank).</param>
    public void Forward(Pass pass, Matrix x, Matrix y, float* u)
    {
        if (Adapter is not null)
            pass.Capture?.Invoke(Adapter.Module, x);
        if (Adapter is not null && pass.UsesAdapter)
            Adapter.Forward(pass, frozen, x, y, new Matrix(u, x.Rows, Adapter.Rank));
        else
            Gemm.MultiplyTransposed(pass.Pool, x, Weight(pass.UsesAdapter), y, accumulate: false);
        if (_bias is not null)
            VectorMath.AddToRows(pass.Pool, y, _biasIndex >= 0 && pass.UsesAdapter ? _parameters!.Value(_biasIndex) : _bias.Data);
    }

    /// <summary>Adds to the gradients of what is trained here, and computes the gradient of the input.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">Input of the forward pass; not looked at unless <see cref="NeedsInput"/>.</param>
    /// <param name="dy">Gradient of the output.</param>
    /// <param name="dx">Gradient of the input, or null when nobody needs it.</param>
    /// <param name="accumulate">Whether it is added to <paramref name="dx"/>.</param>
    /// <param name="u">Of the forward pass.</param>
    public void Backward(Pass pass, Matrix x, Matrix dy, Matrix? dx, bool accumulate, float* u)
    {
        if (_biasIndex >= 0)
            VectorMath.AddColumnSums(pass.Pool, dy, _parameters!.Gradient(_biasIndex));
        if (_savedIndex >= 0)
            Gemm.Multiply(pass.Pool, dy, true, x, false, _parameters!.GradientMatrix(_savedIndex), 1, accumulate: true);
        if (Adapter is not null)
            Adapter.Backward(pass, frozen, x, dy, dx, accumulate, new Matrix(u, dy.Rows, Adapter.Rank));
        else if (dx is { } gradient)
            Gemm.Multiply(pass.Pool, dy, Weight(true), gradient, accumulate);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _bias?.Dispose();
        (Adapter as IDisposable)?.Dispose();
    }

    /// <summary>W: the trained one where there is one and it counts.</summary>
    private FrozenMatrix Weight(bool trained)
    {
        if (_savedIndex < 0 || !trained)
            return frozen;
        return _saved ??= new StoredMatrix(StorageType.Float32, (nint)_parameters!.Value(_savedIndex), Outputs, Inputs);
    }
}
