using LoraLint.Trainer.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// DoRA (Liu et al. 2024, arXiv 2402.09353), as the managed engine has it: with n the norms of the rows of W + s B A, constants in the
/// backward pass, and g = m / n, <c>z = x W^T + u B^T</c> and <c>y = g z</c>. With dropout y = (x - x') W^T + g z, and z comes from x'.
/// </summary>
internal sealed class DoraAdapter(int module, AdaptedModule plan, ParameterSet parameters, int a, int b, int magnitude)
    : Adapter(module, plan, parameters, a, b), IDisposable
{
    /// <summary>Rows of W whose norms are computed together.</summary>
    private const int NormRows = 2048;

    private readonly Scalar _scaling = plan.Scaling.ToScalar();
    private Tensor? _norms;
    private Tensor? _factors;
    private long _version;

    /// <inheritdoc/>
    public override Tensor Forward(Pass pass, Tensor w, Tensor x, Tensor? bias, out AdapterTensors kept)
    {
        Refresh(w);
        var dropped = Drop(pass, x);
        var u = functional.linear(dropped, A).mul_(_scaling);
        var z = functional.linear(dropped, w).addmm_(u, B.t());
        kept = new AdapterTensors(u.DetachFromDisposeScope(), z.DetachFromDisposeScope());
        var y = z.mul(_factors!);
        if (pass.Dropout > 0)
            y.addmm_(x.sub(dropped), w.t());
        return bias is null ? y : y.add_(bias);
    }

    /// <inheritdoc/>
    public override Tensor? Backward(
        Pass pass, FrozenWeight frozen, Tensor x, Tensor dy, AdapterTensors kept, Tensor? dx, bool needsInputGradient)
    {
        var w = frozen.Open();
        Refresh(w);
        var byRow = dy.mul(kept.Z!).sum(dim: 0, type: ScalarType.Float32).div_(_norms!);
        Parameters.Gradient(magnitude).add_(byRow);
        var dz = dy.mul(_factors!);
        var v = dz.mm(B).mul_(_scaling);
        Parameters.AddProduct(IndexOfB, dz.t(), kept.U);
        Parameters.AddProduct(IndexOfA, v.t(), Drop(pass, x));
        if (!needsInputGradient)
            return dx;
        if (pass.Dropout == 0)
            return Linear.AddProduct(dx, dz, w).addmm_(v, A);
        var throughMask = dz.sub(dy).mm(w).addmm_(v, A);
        return Linear.AddProduct(dx, dy, w).add_(Mask(pass, throughMask));
    }

    /// <summary>Sets the magnitudes to the norms of the rows.</summary>
    public void CopyNorms(FrozenWeight frozen) => Parameters.Value(magnitude).copy_(Norms(frozen));

    /// <summary>The norms of the rows of W + s B A, shape (out).</summary>
    public Tensor Norms(FrozenWeight frozen)
    {
        using (NewDisposeScope())
            Refresh(frozen.Open());
        return _norms!;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _norms?.Dispose();
        _factors?.Dispose();
        _scaling.Dispose();
    }

    private Tensor Drop(Pass pass, Tensor x) => pass.Dropout > 0 ? Mask(pass, x.clone()) : x;

    // In place: what is dropped is zero, and the rest grows.
    private Tensor Mask(Pass pass, Tensor values)
    {
        using var growth = (1 / (1 - pass.Dropout)).ToScalar();
        return values.mul_(pass.DrawMask(Module, [values.size(0), values.size(1)])).mul_(growth);
    }

    /// <summary>Computes n and g again when the weights have changed since.</summary>
    private void Refresh(Tensor w)
    {
        if (_version == Parameters.Version)
            return;
        using var scope = NewDisposeScope();
        var norms = empty([w.size(0)], ScalarType.Float32, w.device);
        for (var first = 0L; first < w.size(0); first += NormRows)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(NormRows, w.size(0) - first);
            var rows = w.narrow(0, first, count).to(ScalarType.Float32, copy: true);
            rows.addmm_(Parameters.Value(IndexOfB).narrow(0, first, count), Parameters.Value(IndexOfA), 1, (float)Plan.Scaling);
            norms.narrow(0, first, count).copy_(rows.mul_(rows).sum(dim: 1).sqrt_());
        }

        _norms?.Dispose();
        _factors?.Dispose();
        _norms = norms.DetachFromDisposeScope();
        _factors = Parameters.Value(magnitude).div(norms).to(w.dtype).DetachFromDisposeScope();
        _version = Parameters.Version;
    }
}
