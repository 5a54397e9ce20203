using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>What a step of <see cref="AdamW"/> multiplies by, computed in double precision and rounded once.</summary>
internal readonly struct AdamWFactors(in AdamWStep step)
{
    public readonly float Scale = (float)step.GradientScale;
    public readonly float Beta1 = (float)step.Beta1;
    public readonly float Rest1 = (float)(1 - step.Beta1);
    public readonly float Beta2 = (float)step.Beta2;
    public readonly float Rest2 = (float)(1 - step.Beta2);
    public readonly float Decay = (float)(1 - step.LearningRate * step.WeightDecay);
    public readonly float Rate = (float)(step.LearningRate / (step.BiasCorrection ? 1 - Math.Pow(step.Beta1, step.Step) : 1));
    public readonly float RootCorrection = (float)(step.BiasCorrection ? 1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)) : 1);
    public readonly float Epsilon = (float)step.Epsilon;
}

/// <summary>A block of <see cref="AdamW"/>.</summary>
internal static unsafe class AdamWRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Update(in AdamWFactors factors, float* value, float* gradient, float* first, float* second, int length)
    {
        var scale = TSimd.Broadcast(factors.Scale);
        var beta1 = TSimd.Broadcast(factors.Beta1);
        var rest1 = TSimd.Broadcast(factors.Rest1);
        var beta2 = TSimd.Broadcast(factors.Beta2);
        var rest2 = TSimd.Broadcast(factors.Rest2);
        var decay = TSimd.Broadcast(factors.Decay);
        var rate = TSimd.Broadcast(factors.Rate);
        var correction = TSimd.Broadcast(factors.RootCorrection);
        var epsilon = TSimd.Broadcast(factors.Epsilon);
        for (var i = 0; i < length; i += TSimd.Width)
        {
            var count = length - i;
            var g = TSimd.Multiply(scale, Lanes<TSimd, TVector>.Load(gradient + i, count));
            var m = TSimd.MultiplyAdd(beta1, Lanes<TSimd, TVector>.Load(first + i, count), TSimd.Multiply(rest1, g));
            var squared = TSimd.Multiply(rest2, TSimd.Multiply(g, g));
            var v = TSimd.MultiplyAdd(beta2, Lanes<TSimd, TVector>.Load(second + i, count), squared);
            var change = TSimd.Divide(TSimd.Multiply(rate, m), TSimd.MultiplyAdd(TSimd.Sqrt(v), correction, epsilon));
            var w = TSimd.Multiply(decay, Lanes<TSimd, TVector>.Load(value + i, count));
            Lanes<TSimd, TVector>.Store(m, first + i, count);
            Lanes<TSimd, TVector>.Store(v, second + i, count);
            Lanes<TSimd, TVector>.Store(TSimd.Subtract(w, change), value + i, count);
        }
        new Span<float>(gradient, length).Clear();
    }
}
