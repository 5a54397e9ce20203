using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>What turns the gate of a feed-forward layer into a factor of its other branch.</summary>
public enum Activation
{
    /// <summary><c>g / (1 + exp(-g))</c>: Llama and most others.</summary>
    Silu,

    /// <summary><c>g (1 + tanh(u)) / 2</c> with <c>u = sqrt(2/pi) (g + 0.044715 g^3)</c>: Gemma.</summary>
    GeluTanh,
}

/// <summary>The gate of a feed-forward layer: <c>h = act(gate) up</c>, value by value.</summary>
public static unsafe class Gates
{
    /// <summary><c>h = act(gate) up</c>.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="activation">act.</param>
    /// <param name="gate">Shape (T, width).</param>
    /// <param name="up">Shape (T, width).</param>
    /// <param name="h">Shape (T, width); may be one of the operands.</param>
    public static void Forward(WorkerPool pool, Activation activation, Matrix gate, Matrix up, Matrix h)
    {
        CheckShapes(gate, up, h);
        delegate*<Activation, float*, float*, float*, int, void> compute = pool.Level switch
        {
            SimdLevel.Avx512 => &GateRows<Simd512, Vector512<float>>.Forward,
            SimdLevel.Avx2 => &GateRows<Simd256, Vector256<float>>.Forward,
            _ => &GateRows<Simd128, Vector128<float>>.Forward,
        };
        pool.RunRows(gate.Rows, row => compute(activation, gate.Row(row), up.Row(row), h.Row(row), gate.Columns));
    }

    /// <summary><c>dUp = dh act(gate)</c> and <c>dGate = dh up act'(gate)</c>.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="activation">act.</param>
    /// <param name="gate">Of the forward pass.</param>
    /// <param name="up">Of the forward pass.</param>
    /// <param name="dh">Gradient of h.</param>
    /// <param name="dGate">Overwritten; may be any of the operands.</param>
    /// <param name="dUp">Overwritten; may be any of the operands but not <paramref name="dGate"/>.</param>
    public static void Backward(WorkerPool pool, Activation activation, Matrix gate, Matrix up, Matrix dh, Matrix dGate, Matrix dUp)
    {
        CheckShapes(gate, up, dh);
        CheckShapes(gate, dGate, dUp);
        delegate*<Activation, float*, float*, float*, float*, float*, int, void> compute = pool.Level switch
        {
            SimdLevel.Avx512 => &GateRows<Simd512, Vector512<float>>.Backward,
            SimdLevel.Avx2 => &GateRows<Simd256, Vector256<float>>.Backward,
            _ => &GateRows<Simd128, Vector128<float>>.Backward,
        };
        pool.RunRows(
            gate.Rows,
            row => compute(activation, gate.Row(row), up.Row(row), dh.Row(row), dGate.Row(row), dUp.Row(row), gate.Columns));
    }

    private static void CheckShapes(Matrix a, Matrix b, Matrix c)
    {
        if (b.Rows != a.Rows || c.Rows != a.Rows || b.Columns != a.Columns || c.Columns != a.Columns)
            throw new ArgumentException("the shapes of the operands do not fit");
    }
}
