using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// LoRA (Hu et al. 2021, arXiv 2106.09685). With x' the input after dropout and s the scaling:
/// <code>
/// u = x' A^T        y = x W^T + s u B^T
/// dB = s dy^T u     du = s dy B     dA = du^T x'     dx = dy W + mask (du A)
/// </code>
/// The product B A is never formed: it has the size of W and rank r.
/// </summary>
internal sealed unsafe class LoraAdapter(int module, AdaptedModule plan, ParameterSet parameters, int a, int b)
    : Adapter(module, plan, parameters, a, b)
{
    /// <inheritdoc/>
    public override long ScratchLength(int rows, bool drops, bool backward) =>
        (long)rows * ((backward ? Rank : 0) + (drops ? Inputs : 0));

    /// <inheritdoc/>
    public override void Forward(Pass pass, FrozenMatrix w, Matrix x, Matrix y, Matrix u)
    {
        Gemm.Multiply(pass.Pool, Drop(pass, x, pass.Scratch), false, A, true, u, 1, accumulate: false);
        Gemm.MultiplyTransposed(pass.Pool, x, w, y, accumulate: false);
        Gemm.Multiply(pass.Pool, u, false, B, true, y, Scaling, accumulate: true);
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, FrozenMatrix w, Matrix x, Matrix dy, Matrix? dx, bool accumulate, Matrix u)
    {
        var du = new Matrix(pass.Scratch, dy.Rows, Rank);
        var dropped = pass.Scratch + (long)dy.Rows * Rank;
        Gemm.Multiply(pass.Pool, dy, true, u, false, GradientOfB, Scaling, accumulate: true);
        Gemm.Multiply(pass.Pool, dy, false, B, false, du, Scaling, accumulate: false);
        Gemm.Multiply(pass.Pool, du, true, Drop(pass, x, dropped), false, GradientOfA, 1, accumulate: true);
        if (dx is not { } gradient)
            return;
        Gemm.Multiply(pass.Pool, dy, w, gradient, accumulate);
        if (pass.Dropout.IsActive)
        {
            var throughA = new Matrix(dropped, dy.Rows, Inputs);
            Gemm.Multiply(pass.Pool, du, false, A, false, throughA, 1, accumulate: false);
            AddUndropped(pass, throughA, gradient);
        }
        else
        {
            Gemm.Multiply(pass.Pool, du, false, A, false, gradient, 1, accumulate: true);
        }
    }
}
