using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>The gate of a feed-forward layer: <c>h = act(gate) up</c>, where act is SiLU, or GELU by tanh for Gemma.</summary>
internal sealed class Gate(bool usesGelu) : IDisposable
{
    private readonly Scalar _half = 0.5.ToScalar();
    private readonly Scalar _one = 1.0.ToScalar();
    private readonly Scalar _cubic = 0.044715.ToScalar();
    private readonly Scalar _rootTwoOverPi = Math.Sqrt(2 / Math.PI).ToScalar();

    /// <summary>h.</summary>
    public Tensor Forward(Tensor gate, Tensor up)
    {
        using var scope = NewDisposeScope();
        return Activate(gate).mul(up).MoveToOuterDisposeScope();
    }

    /// <summary>h again, with what <see cref="Backward"/> needs: computed at the time, it takes no memory between the passes.</summary>
    public GateTensors Recompute(Tensor gate, Tensor up)
    {
        using var scope = NewDisposeScope();
        using var mode = enable_grad();
        var inputs = new[] { gate.detach().requires_grad_(true), up.detach().requires_grad_(true) };
        var h = Activate(inputs[0]).mul(inputs[1]);
        foreach (var kept in inputs.Append(h))
            kept.DetachFromDisposeScope();
        return new GateTensors(h.detach().DetachFromDisposeScope(), h, inputs[0], inputs[1]);
    }

    /// <summary>The gradients of gate and up.</summary>
    public static (Tensor Gate, Tensor Up) Backward(GateTensors kept, Tensor gradient)
    {
        using (enable_grad())
            autograd.backward([kept.Graph], [gradient]);
        return (kept.Gate.grad!, kept.Up.grad!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var scalar in new[] { _half, _one, _cubic, _rootTwoOverPi })
            scalar.Dispose();
    }

    private Tensor Activate(Tensor gate)
    {
        if (!usesGelu)
            return nn.functional.silu(gate);
        // In 32 bits, as libtorch's own GELU is inside; the binding's has no tanh form.
        var wide = gate.to(ScalarType.Float32);
        var inner = wide.mul(wide).mul(wide).mul(_cubic).add(wide).mul(_rootTwoOverPi);
        return inner.tanh().add(_one).mul(wide).mul(_half).to(gate.dtype);
    }
}

/// <summary>What the gate computed again for its backward pass.</summary>
internal sealed record GateTensors(Tensor Output, Tensor Graph, Tensor Gate, Tensor Up) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in new[] { Output, Graph, Gate, Up })
            tensor.Dispose();
    }
}
