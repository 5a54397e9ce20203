using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// A linear layer y = x W^T + b. W is frozen, with an adapter or without one, or it is trained in full (modules_to_save). The frozen
/// weight stays beside a trained copy, so that the base model can still be computed.
/// </summary>
/// <remarks>
/// Forward and backward pass are written out: libtorch's own differentiation would keep every dequantized weight until the backward
/// pass, and every input of a frozen layer.
/// </remarks>
internal sealed class Linear(string name, FrozenWeight frozen, ParameterSet parameters) : IDisposable
{
    private int _savedIndex = -1;
    private Tensor? _bias;
    private int _biasIndex = -1;

    /// <summary>The module's name.</summary>
    public string Name { get; } = name;

    /// <summary>W as it is stored.</summary>
    public FrozenWeight Frozen { get; } = frozen;

    /// <summary>Its adapter, or null.</summary>
    public Adapter? Adapter { get; set; }

    /// <summary>Whether anything of it is trained.</summary>
    public bool IsTrained => NeedsInput || _biasIndex >= 0;

    /// <summary>Whether the gradients of its weights need its input.</summary>
    public bool NeedsInput => Adapter is not null || _savedIndex >= 0;

    /// <summary>Sets the bias, shape (out).</summary>
    public void SetBias(Tensor bias) => _bias = bias;

    /// <summary>Trains W in full.</summary>
    public void TrainWeight(int index) => _savedIndex = index;

    /// <summary>Trains the bias.</summary>
    public void TrainBias(int index) => _biasIndex = index;

    /// <summary>Lets training start at what is stored: W, the bias, and for a magnitude the norms of the rows.</summary>
    public void CopyInitialValues()
    {
        using var scope = NewDisposeScope();
        if (_savedIndex >= 0)
            parameters.Value(_savedIndex).copy_(Frozen.Open());
        if (_biasIndex >= 0)
            parameters.Value(_biasIndex).copy_(_bias!);
        (Adapter as DoraAdapter)?.CopyNorms(Frozen);
    }

    /// <summary>Computes y, shape (T, out).</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">Input, shape (T, in).</param>
    /// <param name="kept">What the backward pass needs of the adapter beside x; null without an adapter.</param>
    public Tensor Forward(Pass pass, Tensor x, out AdapterTensors? kept)
    {
        using var scope = NewDisposeScope();
        kept = null;
        var bias = _biasIndex >= 0 && pass.UsesAdapter ? parameters.Computed(_biasIndex) : _bias;
        if (Adapter is not null)
            pass.Capture?.Invoke(Adapter.Module, x);
        var y = Adapter is not null && pass.UsesAdapter
            ? Adapter.Forward(pass, Frozen.Open(), x, bias, out kept)
            : functional.linear(x, Weight(pass.UsesAdapter), bias);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>Adds to the gradients of what is trained here, and computes the gradient of the input.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">Input of the forward pass; not looked at unless <see cref="NeedsInput"/>.</param>
    /// <param name="dy">Gradient of the output.</param>
    /// <param name="kept">Of the forward pass.</param>
    /// <param name="dx">What the input's gradient is added to, or null for nothing yet.</param>
    /// <param name="needsInputGradient">Whether anybody needs the input's gradient.</param>
    /// <returns>The gradient of the input, or what was given when nobody needs it.</returns>
    public Tensor? Backward(Pass pass, Tensor? x, Tensor dy, AdapterTensors? kept, Tensor? dx, bool needsInputGradient)
    {
        using var scope = NewDisposeScope();
        if (_biasIndex >= 0)
            parameters.Gradient(_biasIndex).add_(dy.sum(dim: 0, type: ScalarType.Float32));
        if (_savedIndex >= 0)
            parameters.AddProduct(_savedIndex, dy.t(), x!);
        Tensor? gradient;
        if (Adapter is not null)
            gradient = Adapter.Backward(pass, Frozen, x!, dy, kept!, dx, needsInputGradient);
        else if (!needsInputGradient)
            return dx;
        else
            gradient = AddProduct(dx, dy, Weight(true));
        return ReferenceEquals(gradient, dx) ? dx : gradient?.MoveToOuterDisposeScope();
    }

    /// <summary>target + a b in place, or a b where there is no target yet.</summary>
    public static Tensor AddProduct(Tensor? target, Tensor a, Tensor b) => target is null ? a.mm(b) : target.addmm_(a, b);

    /// <inheritdoc/>
    public void Dispose()
    {
        Frozen.Dispose();
        _bias?.Dispose();
        (Adapter as IDisposable)?.Dispose();
    }

    /// <summary>W: the trained one where there is one and it counts.</summary>
    private Tensor Weight(bool trained) => _savedIndex >= 0 && trained ? parameters.Computed(_savedIndex) : Frozen.Open();
}
