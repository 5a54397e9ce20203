using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>What an adapter makes of a linear layer: it computes the layer's whole output but the bias.</summary>
/// <param name="module">The module's index in the plan, which names its dropout masks.</param>
/// <param name="plan">Shape and scaling.</param>
/// <param name="parameters">Where its weights are.</param>
/// <param name="a">Index of A, shape (rank, in).</param>
/// <param name="b">Index of B, shape (out, rank).</param>
internal abstract unsafe class Adapter(int module, AdaptedModule plan, ParameterSet parameters, int a, int b)
{
    /// <summary>The module's index in the plan.</summary>
    public int Module { get; } = module;

    /// <summary>Columns of <c>u</c>.</summary>
    public int Rank { get; } = plan.Rank;

    /// <summary>Input features.</summary>
    protected int Inputs { get; } = plan.InFeatures;

    /// <summary>Output features.</summary>
    protected int Outputs { get; } = plan.OutFeatures;

    /// <summary>s: what B A is multiplied by.</summary>
    protected float Scaling { get; } = (float)plan.Scaling;

    /// <summary>Where the weights are.</summary>
    protected ParameterSet Parameters { get; } = parameters;

    /// <summary>A.</summary>
    protected Matrix A => Parameters.ValueMatrix(a);

    /// <summary>B.</summary>
    protected Matrix B => Parameters.ValueMatrix(b);

    /// <summary>The gradient of A.</summary>
    protected Matrix GradientOfA => Parameters.GradientMatrix(a);

    /// <summary>The gradient of B.</summary>
    protected Matrix GradientOfB => Parameters.GradientMatrix(b);

    /// <summary>Values of scratch memory that a call takes.</summary>
    /// <param name="rows">Rows of the input.</param>
    /// <param name="drops">Whether there is dropout.</param>
    /// <param name="backward">Whether the backward pass runs too.</param>
    public abstract long ScratchLength(int rows, bool drops, bool backward);

    /// <summary>The output without the bias.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="w">W, shape (out, in).</param>
    /// <param name="x">Input, shape (T, in).</param>
    /// <param name="y">Output, shape (T, out), overwritten.</param>
    /// <param name="u">Input times A^T, shape (T, rank), overwritten: kept for the backward pass.</param>
    public abstract void Forward(Pass pass, FrozenMatrix w, Matrix x, Matrix y, Matrix u);

    /// <summary>Adds to the gradients of the adapter's weights, and computes the gradient of the input.</summary>
    /// <param name="pass">The pass, with the dropout of the forward pass.</param>
    /// <param name="w">W, shape (out, in).</param>
    /// <param name="x">Input of the forward pass.</param>
    /// <param name="dy">Gradient of the output, shape (T, out).</param>
    /// <param name="dx">Gradient of the input, shape (T, in), or null when nobody needs it.</param>
    /// <param name="accumulate">Whether it is added to <paramref name="dx"/>.</param>
    /// <param name="u">Of the forward pass.</param>
    public abstract void Backward(Pass pass, FrozenMatrix w, Matrix x, Matrix dy, Matrix? dx, bool accumulate, Matrix u);

    /// <summary>The input with dropout: in <paramref name="target"/> where there is dropout, else the input itself.</summary>
    protected Matrix Drop(Pass pass, Matrix x, float* target)
    {
        if (!pass.Dropout.IsActive)
            return x;
        var dropped = new Matrix(target, x.Rows, x.Columns);
        var (dropout, firstRow, module) = (pass.Dropout, pass.FirstRow, Module);
        pass.Pool.Run(x.Rows, (row, _) => dropout.Apply(module, firstRow + row, x.Row(row), dropped.Row(row), x.Columns));
        return dropped;
    }

    /// <summary>The way back through dropout: adds the gradient of the dropped input, masked, to that of the input.</summary>
    protected void AddUndropped(Pass pass, Matrix gradient, Matrix dx)
    {
        var (dropout, firstRow, module) = (pass.Dropout, pass.FirstRow, Module);
        pass.Pool.Run(
            dx.Rows, (row, _) => dropout.Apply(module, firstRow + row, gradient.Row(row), dx.Row(row), dx.Columns, add: true));
    }
}
