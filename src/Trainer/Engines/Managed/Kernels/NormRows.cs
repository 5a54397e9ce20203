using System.Runtime.CompilerServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>A group of <see cref="RmsNorm"/>.</summary>
internal static unsafe class NormRows<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>Writes y and returns r. The factor of a value is <paramref name="one"/> plus its weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Forward(float* x, float* weight, int size, float epsilon, float one, float* y)
    {
        var r = 1 / MathF.Sqrt(Lanes<TSimd, TVector>.Dot(x, x, size) / size + epsilon);
        var scale = TSimd.Broadcast(r);
        var offset = TSimd.Broadcast(one);
        for (var i = 0; i < size; i += TSimd.Width)
        {
            var normed = TSimd.Multiply(Lanes<TSimd, TVector>.Load(x + i, size - i), scale);
            var factor = TSimd.Add(offset, Lanes<TSimd, TVector>.Load(weight + i, size - i));
            Lanes<TSimd, TVector>.Store(TSimd.Multiply(normed, factor), y + i, size - i);
        }
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* x, float* weight, int size, float r, float one, float* dy, float* dx, bool accumulate)
    {
        var offset = TSimd.Broadcast(one);
        TVector sum = default;
        for (var i = 0; i < size; i += TSimd.Width)
        {
            var factor = TSimd.Add(offset, Lanes<TSimd, TVector>.Load(weight + i, size - i));
            var gradient = TSimd.Multiply(Lanes<TSimd, TVector>.Load(dy + i, size - i), factor);
            sum = TSimd.MultiplyAdd(gradient, Lanes<TSimd, TVector>.Load(x + i, size - i), sum);
        }
        var scale = TSimd.Broadcast(r);
        var pull = TSimd.Broadcast(-TSimd.Sum(sum) * r * r / size);
        for (var i = 0; i < size; i += TSimd.Width)
        {
            var factor = TSimd.Add(offset, Lanes<TSimd, TVector>.Load(weight + i, size - i));
            var gradient = TSimd.Multiply(Lanes<TSimd, TVector>.Load(dy + i, size - i), factor);
            var value = TSimd.Multiply(scale, TSimd.MultiplyAdd(pull, Lanes<TSimd, TVector>.Load(x + i, size - i), gradient));
            if (accumulate)
                value = TSimd.Add(value, Lanes<TSimd, TVector>.Load(dx + i, size - i));
            Lanes<TSimd, TVector>.Store(value, dx + i, size - i);
        }
    }
}
