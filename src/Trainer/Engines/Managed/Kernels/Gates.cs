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
    private const float RootTwoOverPi = 0.7978845608f;
    private const float Cubic = 0.044715f;

    /// <summary><c>h = act(gate) up</c>.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="activation">act.</param>
    /// <param name="gate">Shape (T, width).</param>
    /// <param name="up">Shape (T, width).</param>
    /// <param name="h">Shape (T, width); may be one of the operands.</param>
    public static void Forward(WorkerPool pool, Activation activation, Matrix gate, Matrix up, Matrix h) =>
        pool.Run(gate.Rows, (row, _) =>
        {
            var g = gate.Row(row);
            var u = up.Row(row);
            var target = h.Row(row);
            for (var i = 0; i < gate.Columns; i++)
                target[i] = Activate(activation, g[i]).Value * u[i];
        });

    /// <summary><c>dUp = dh act(gate)</c> and <c>dGate = dh up act'(gate)</c>.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="activation">act.</param>
    /// <param name="gate">Of the forward pass.</param>
    /// <param name="up">Of the forward pass.</param>
    /// <param name="dh">Gradient of h.</param>
    /// <param name="dGate">Overwritten; may be any of the operands.</param>
    /// <param name="dUp">Overwritten; may be any of the operands but not <paramref name="dGate"/>.</param>
    public static void Backward(
        WorkerPool pool, Activation activation, Matrix gate, Matrix up, Matrix dh, Matrix dGate, Matrix dUp) =>
        pool.Run(gate.Rows, (row, _) =>
        {
            var g = gate.Row(row);
            var u = up.Row(row);
            var d = dh.Row(row);
            var dG = dGate.Row(row);
            var dU = dUp.Row(row);
            for (var i = 0; i < gate.Columns; i++)
            {
                var (value, slope) = Activate(activation, g[i]);
                var (upValue, gradient) = (u[i], d[i]);
                dG[i] = gradient * upValue * slope;
                dU[i] = gradient * value;
            }
        });

    private static (float Value, float Slope) Activate(Activation activation, float g)
    {
        if (activation == Activation.Silu)
        {
            var sigmoid = 1 / (1 + MathF.Exp(-g));
            return (g * sigmoid, sigmoid * (1 + g * (1 - sigmoid)));
        }
        var tanh = MathF.Tanh(RootTwoOverPi * (g + Cubic * g * g * g));
        var inner = RootTwoOverPi * (1 + 3 * Cubic * g * g);
        return (0.5f * g * (1 + tanh), 0.5f * (1 + tanh) + 0.5f * g * (1 - tanh * tanh) * inner);
    }
}
