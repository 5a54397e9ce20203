using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>A head of <see cref="Rotary"/>.</summary>
internal static unsafe class RotaryRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Turn(float* head, float* cosines, float* sines, int half, float sign)
    {
        var direction = TSimd.Broadcast(sign);
        for (var i = 0; i < half; i += TSimd.Width)
        {
            var count = half - i;
            var a = Lanes<TSimd, TVector>.Load(head + i, count);
            var b = Lanes<TSimd, TVector>.Load(head + half + i, count);
            var cosine = Lanes<TSimd, TVector>.Load(cosines + i, count);
            var sine = TSimd.Multiply(direction, Lanes<TSimd, TVector>.Load(sines + i, count));
            Lanes<TSimd, TVector>.Store(TSimd.Subtract(TSimd.Multiply(a, cosine), TSimd.Multiply(b, sine)), head + i, count);
            Lanes<TSimd, TVector>.Store(TSimd.MultiplyAdd(a, sine, TSimd.Multiply(b, cosine)), head + half + i, count);
        }
    }
}
