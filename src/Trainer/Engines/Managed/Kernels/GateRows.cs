using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>A row of <see cref="Gates"/>.</summary>
internal static unsafe class GateRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    private const float RootTwoOverPi = 0.7978845608f;
    private const float Cubic = 0.044715f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(Activation activation, float* gate, float* up, float* h, int length)
    {
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var count = length - i;
            var g = Lanes<TSimd, TVector>.Load(gate + i, count);
            TVector value;
            if (activation == Activation.Silu)
                Silu(g, out value, out _);
            else
                Gelu(g, out value, out _);
            Lanes<TSimd, TVector>.Store(TSimd.Multiply(value, Lanes<TSimd, TVector>.Load(up + i, count)), h + i, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(Activation activation, float* gate, float* up, float* dh, float* dGate, float* dUp, int length)
    {
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var count = length - i;
            var g = Lanes<TSimd, TVector>.Load(gate + i, count);
            var factor = Lanes<TSimd, TVector>.Load(up + i, count);
            var gradient = Lanes<TSimd, TVector>.Load(dh + i, count);
            TVector value, slope;
            if (activation == Activation.Silu)
                Silu(g, out value, out slope);
            else
                Gelu(g, out value, out slope);
            Lanes<TSimd, TVector>.Store(TSimd.Multiply(gradient, TSimd.Multiply(factor, slope)), dGate + i, count);
            Lanes<TSimd, TVector>.Store(TSimd.Multiply(gradient, value), dUp + i, count);
        }
    }

    /// <summary>With s = 1 / (1 + e^-g): value g s, slope s (1 + g (1 - s)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Silu(TVector g, out TVector value, out TVector slope)
    {
        var one = TSimd.Broadcast(1);
        var sigmoid = Lanes<TSimd, TVector>.Sigmoid(g);
        value = TSimd.Multiply(g, sigmoid);
        slope = TSimd.Multiply(sigmoid, TSimd.MultiplyAdd(g, TSimd.Subtract(one, sigmoid), one));
    }

    /// <summary>With t = tanh(u): value g (1 + t) / 2, slope (1 + t) / 2 + g (1 - t^2) u' / 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gelu(TVector g, out TVector value, out TVector slope)
    {
        var one = TSimd.Broadcast(1);
        var half = TSimd.Broadcast(0.5f);
        var factor = TSimd.Broadcast(RootTwoOverPi);
        var cubic = TSimd.Multiply(TSimd.Broadcast(Cubic), TSimd.Multiply(g, g));
        var tanh = Lanes<TSimd, TVector>.Tanh(TSimd.Multiply(factor, TSimd.MultiplyAdd(cubic, g, g)));
        var inner = TSimd.Multiply(factor, TSimd.MultiplyAdd(TSimd.Broadcast(3), cubic, one));
        var share = TSimd.Multiply(half, TSimd.Add(one, tanh));
        value = TSimd.Multiply(g, share);
        var bend = TSimd.Multiply(TSimd.Subtract(one, TSimd.Multiply(tanh, tanh)), inner);
        slope = TSimd.MultiplyAdd(TSimd.Multiply(half, g), bend, share);
    }
}
