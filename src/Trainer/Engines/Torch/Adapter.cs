using LoraLint.Trainer.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>What an adapter makes of a linear layer: it computes the layer's whole output.</summary>
/// <param name="module">The module's index in the plan, which names its dropout masks.</param>
/// <param name="plan">Shape and scaling.</param>
/// <param name="parameters">Where its weights are.</param>
/// <param name="a">Index of A, shape (rank, in).</param>
/// <param name="b">Index of B, shape (out, rank).</param>
internal abstract class Adapter(int module, AdaptedModule plan, ParameterSet parameters, int a, int b)
{
    /// <summary>The module's index in the plan.</summary>
    public int Module { get; } = module;

    /// <summary>Shape and scaling.</summary>
    protected AdaptedModule Plan { get; } = plan;

    /// <summary>Where the weights are.</summary>
    protected ParameterSet Parameters { get; } = parameters;

    /// <summary>Index of A.</summary>
    protected int IndexOfA { get; } = a;

    /// <summary>Index of B.</summary>
    protected int IndexOfB { get; } = b;

    /// <summary>A in the precision that is computed in.</summary>
    protected Tensor A => Parameters.Computed(IndexOfA);

    /// <summary>B in the precision that is computed in.</summary>
    protected Tensor B => Parameters.Computed(IndexOfB);

    /// <summary>Computes the output with the bias, shape (T, out).</summary>
    public abstract Tensor Forward(Pass pass, Tensor w, Tensor x, Tensor? bias, out AdapterTensors kept);

    /// <summary>
    /// Adds to the gradients of the adapter's weights, and computes the gradient of the input; see <see cref="Linear.Backward"/>.
    /// </summary>
    public abstract Tensor? Backward(
        Pass pass, FrozenWeight frozen, Tensor x, Tensor dy, AdapterTensors kept, Tensor? dx, bool needsInputGradient);
}

/// <summary>What an adapter keeps for its backward pass.</summary>
/// <param name="U">The reduced input times the scaling: u = s x' A^T, shape (T, rank).</param>
/// <param name="Z">DoRA: the output before the magnitude, shape (T, out); null for LoRA.</param>
internal sealed record AdapterTensors(Tensor U, Tensor? Z) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        U.Dispose();
        Z?.Dispose();
    }
}

/// <summary>
/// LoRA (Hu et al. 2021, arXiv 2106.09685): <c>y = x W^T + u B^T</c> with <c>u = s x' A^T</c>, where x' is x with dropout. Backward, with
/// <c>v = s dy B</c>: <c>dB = dy^T u</c>, <c>dA = v^T x'</c>, <c>dx = dy W + mask v A</c>.
/// </summary>
/// <remarks>
/// The adapter's product is added into W's by the matrix multiplication itself. A mask is of ones; what it keeps grows by 1 / (1 - p),
/// which the scaling takes over.
/// </remarks>
internal sealed class LoraAdapter(int module, AdaptedModule plan, ParameterSet parameters, int a, int b)
    : Adapter(module, plan, parameters, a, b)
{
    /// <inheritdoc/>
    public override Tensor Forward(Pass pass, Tensor w, Tensor x, Tensor? bias, out AdapterTensors kept)
    {
        var y = functional.linear(x, w, bias);
        using var scaling = Scaling(pass);
        var u = functional.linear(Drop(pass, x), A).mul_(scaling);
        kept = new AdapterTensors(u.DetachFromDisposeScope(), null);
        return y.addmm_(u, B.t());
    }

    /// <inheritdoc/>
    public override Tensor? Backward(
        Pass pass, FrozenWeight frozen, Tensor x, Tensor dy, AdapterTensors kept, Tensor? dx, bool needsInputGradient)
    {
        using var scaling = Scaling(pass);
        var v = dy.mm(B).mul_(scaling);
        Parameters.AddProduct(IndexOfB, dy.t(), kept.U);
        var mask = pass.Dropout > 0 ? pass.DrawMask(Module, [x.size(0), x.size(1)]) : null;
        Parameters.AddProduct(IndexOfA, v.t(), mask is null ? x : x.mul(mask));
        if (!needsInputGradient)
            return dx;
        var gradient = Linear.AddProduct(dx, dy, frozen.Open());
        return mask is null ? gradient.addmm_(v, A) : gradient.add_(v.mm(A).mul_(mask));
    }

    private Scalar Scaling(Pass pass) => (Plan.Scaling / (1 - pass.Dropout)).ToScalar();

    private Tensor Drop(Pass pass, Tensor x) => pass.Dropout > 0 ? x.mul(pass.DrawMask(Module, [x.size(0), x.size(1)])) : x;
}
