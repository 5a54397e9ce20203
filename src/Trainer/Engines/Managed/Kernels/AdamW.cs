using System.Runtime.Intrinsics;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>One step of AdamW.</summary>
/// <param name="Step">Counts from 1.</param>
/// <param name="LearningRate">Of this step and tensor.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">What is added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled: values shrink by LearningRate times it.</param>
/// <param name="GradientScale">What gradients are multiplied by first, for clipping.</param>
/// <param name="BiasCorrection">Whether to make up for moments that start at zero.</param>
public readonly record struct AdamWStep(
    int Step, double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, double GradientScale,
    bool BiasCorrection = true);

/// <summary>
/// AdamW with decoupled weight decay (Loshchilov and Hutter 2019), in the order of PyTorch's implementation:
/// <code>
/// w -= lr decay w        m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
/// w -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
/// </code>
/// Without bias correction both powers are taken as zero, as mlx does by default (python/mlx/optimizers/optimizers.py).
/// </summary>
public static unsafe class AdamW
{
    /// <summary>Updates a tensor and sets its gradient to zero.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="step">Rates and decays.</param>
    /// <param name="value">w, shape (count).</param>
    /// <param name="gradient">g, zero afterwards.</param>
    /// <param name="first">m.</param>
    /// <param name="second">v.</param>
    /// <param name="count">Number of values.</param>
    public static void Update(
        WorkerPool pool, in AdamWStep step, float* value, float* gradient, float* first, float* second, long count)
    {
        const int Block = 1 << 13;
        delegate*<in AdamWFactors, float*, float*, float*, float*, int, void> update = pool.Level switch
        {
            SimdLevel.Avx512 => &AdamWRows<Simd512, Vector512<float>>.Update,
            SimdLevel.Avx2 => &AdamWRows<Simd256, Vector256<float>>.Update,
            _ => &AdamWRows<Simd128, Vector128<float>>.Update,
        };
        var factors = new AdamWFactors(step);
        pool.Run(checked((int)((count + Block - 1) / Block)), (job, _) =>
        {
            var start = (long)job * Block;
            update(factors, value + start, gradient + start, first + start, second + start, (int)Math.Min(Block, count - start));
        });
    }
}
