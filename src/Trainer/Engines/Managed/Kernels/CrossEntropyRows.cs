using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>A row of logits of <see cref="OutputHead"/>.</summary>
internal static unsafe class CrossEntropyRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Values summed in single precision before the sum is added up in double precision.</summary>
    private const int Part = 1024;

    /// <summary>Returns the loss in nats. The logits are replaced by their gradients when these are wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Compute(float* logits, int length, int target, float softcap, float scale, bool wantsGradient)
    {
        var largest = TSimd.Broadcast(float.NegativeInfinity);
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var logit = Lanes<TSimd, TVector>.Load(logits + i, length - i, float.NegativeInfinity);
            if (softcap > 0)
            {
                logit = TSimd.Multiply(
                    TSimd.Broadcast(softcap), Lanes<TSimd, TVector>.Tanh(TSimd.Multiply(TSimd.Broadcast(1 / softcap), logit)));
                Lanes<TSimd, TVector>.Store(logit, logits + i, length - i);
            }
            largest = TSimd.Max(largest, logit);
        }
        var max = TSimd.Largest(largest);
        var sum = SumOfExponentials(logits, length, max);
        var loss = max + Math.Log(sum) - logits[target];
        if (wantsGradient)
            ToGradient(logits, length, target, softcap, scale, max, (float)(scale / sum));
        return loss;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfExponentials(float* logits, int length, float max)
    {
        var offset = TSimd.Broadcast(max);
        var sum = 0.0;
        for (var part = 0; part < length; part += Part)
        {
            TVector partSum = default;
            for (var i = part; i < Math.Min(length, part + Part); i += TSimd.Width)
            {
                var logit = Lanes<TSimd, TVector>.Load(logits + i, length - i, float.NegativeInfinity);
                partSum = TSimd.Add(partSum, Lanes<TSimd, TVector>.Exp(TSimd.Subtract(logit, offset)));
            }
            sum += TSimd.Sum(partSum);
        }
        return sum;
    }

    /// <summary>l becomes scale (e^l / sum - [target]), times 1 - (l/c)^2 with a softcap. The weight is scale / sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ToGradient(float* logits, int length, int target, float softcap, float scale, float max, float weight)
    {
        var offset = TSimd.Broadcast(max);
        var factor = TSimd.Broadcast(weight);
        var one = TSimd.Broadcast(1);
        var inverseCap = softcap > 0 ? 1 / softcap : 0;
        var bend = logits[target] * inverseCap;
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var logit = Lanes<TSimd, TVector>.Load(logits + i, length - i);
            var gradient = TSimd.Multiply(factor, Lanes<TSimd, TVector>.Exp(TSimd.Subtract(logit, offset)));
            if (softcap > 0)
            {
                var tanh = TSimd.Multiply(logit, TSimd.Broadcast(inverseCap));
                gradient = TSimd.Multiply(gradient, TSimd.Subtract(one, TSimd.Multiply(tanh, tanh)));
            }
            Lanes<TSimd, TVector>.Store(gradient, logits + i, length - i);
        }
        logits[target] -= scale * (1 - bend * bend);
    }
}
