using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// RMSNorm over groups of n neighbouring values: <c>y = w x r</c> where <c>r = 1 / sqrt(mean(x^2) + epsilon)</c>; Gemma multiplies by
/// 1 + w. Its weight is frozen or trained in full. Computed in 32 bits whatever the precision of activations.
/// </summary>
internal sealed class Norm : IDisposable
{
    private readonly ParameterSet _parameters;
    private readonly Tensor _frozen;
    private readonly Scalar _epsilon;
    private readonly Scalar _one = 1.0.ToScalar();
    private readonly bool _addsOne;
    private int _index = -1;

    /// <param name="name">The module's name.</param>
    /// <param name="weight">In 32 bits, shape (n).</param>
    /// <param name="epsilon">What is added to the mean square.</param>
    /// <param name="addsOne">Whether 1 + weight is the factor.</param>
    /// <param name="parameters">Where a trained weight is.</param>
    public Norm(string name, Tensor weight, double epsilon, bool addsOne, ParameterSet parameters)
    {
        (Name, _frozen, _addsOne, _parameters) = (name, weight, addsOne, parameters);
        _epsilon = epsilon.ToScalar();
    }

    /// <summary>The module's name.</summary>
    public string Name { get; }

    /// <summary>Whether its weight is trained.</summary>
    public bool IsTrained => _index >= 0;

    /// <summary>Trains the weight.</summary>
    public void TrainWeight(int index) => _index = index;

    /// <summary>Lets training start at the stored weight.</summary>
    public void CopyInitialValues()
    {
        if (IsTrained)
            _parameters.Value(_index).copy_(_frozen);
    }

    /// <summary>Computes y, of x's shape (..., n).</summary>
    public Tensor Forward(Pass pass, Tensor x)
    {
        using var scope = NewDisposeScope();
        var (wide, r) = Normalize(x);
        return wide.mul_(r).mul_(Factor(pass.UsesAdapter)).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The gradient of x, and adds to that of the weight where it is trained. With <c>g = dy w</c>: <c>dx = r (g - x r^2 mean(g x))</c> and
    /// <c>dw = sum of dy x r</c>.
    /// </summary>
    /// <param name="x">Of the forward pass, shape (T, n).</param>
    /// <param name="dy">Gradient of y.</param>
    public Tensor Backward(Tensor x, Tensor dy)
    {
        using var scope = NewDisposeScope();
        var (wide, r) = Normalize(x);
        var normed = wide.mul_(r);
        var gradient = dy.to(ScalarType.Float32, copy: true);
        if (IsTrained)
            _parameters.Gradient(_index).add_(gradient.mul(normed).sum(dim: 0));
        gradient.mul_(Factor(true));
        var mean = gradient.mul(normed).mean([-1], keepdim: true);
        return gradient.sub_(normed.mul_(mean)).mul_(r).to(x.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// y by libtorch's own operations, so that it can differentiate it: for queries and keys, whose gradients come from attention.
    /// </summary>
    /// <param name="x">Shape (..., n).</param>
    /// <param name="weight">The weight, which may want a gradient; see <see cref="Leaf"/>.</param>
    public Tensor Apply(Tensor x, Tensor weight)
    {
        var wide = x.to(ScalarType.Float32);
        var r = wide.mul(wide).mean([-1], keepdim: true).add(_epsilon).rsqrt();
        return wide.mul(r).mul(_addsOne ? weight.add(_one) : weight).to(x.dtype);
    }

    /// <summary>The weight for <see cref="Apply"/>: with a gradient of its own where it is trained.</summary>
    public Tensor Leaf(Pass pass) => IsTrained && pass.UsesAdapter ? _parameters.Value(_index).detach().requires_grad_(true) : _frozen;

    /// <summary>Adds the gradient of a <see cref="Leaf"/>.</summary>
    public void TakeGradient(Tensor leaf)
    {
        using var gradient = IsTrained ? leaf.grad : null;
        if (gradient is not null)
            _parameters.Gradient(_index).add_(gradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _frozen.Dispose();
        _epsilon.Dispose();
        _one.Dispose();
    }

    // x in 32 bits, a copy, and r, shape (..., 1).
    private (Tensor Wide, Tensor InverseRms) Normalize(Tensor x)
    {
        var wide = x.to(ScalarType.Float32, copy: true);
        return (wide, wide.mul(wide).mean([-1], keepdim: true).add_(_epsilon).rsqrt_());
    }

    private Tensor Factor(bool trained)
    {
        var weight = IsTrained && trained ? _parameters.Value(_index) : _frozen;
        return _addsOne ? weight.add(_one) : weight;
    }
}
