namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>One step of AdamW.</summary>
/// <param name="Step">Counts from 1.</param>
/// <param name="LearningRate">Of this step and tensor.</param>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">What is added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled: values shrink by LearningRate times it.</param>
/// <param name="GradientScale">What gradients are multiplied by first, for clipping.</param>
public readonly record struct AdamWStep(
    int Step, double LearningRate, double Beta1, double Beta2, double Epsilon, double WeightDecay, double GradientScale);

/// <summary>
/// AdamW with decoupled weight decay (Loshchilov and Hutter 2019), in the order of PyTorch's implementation:
/// <code>
/// w -= lr decay w        m = b1 m + (1 - b1) g        v = b2 v + (1 - b2) g^2
/// w -= lr / (1 - b1^t) m / (sqrt(v) / sqrt(1 - b2^t) + eps)
/// </code>
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
        const int Block = 1 << 14;
        var decay = (float)(1 - step.LearningRate * step.WeightDecay);
        var (beta1, beta2) = ((float)step.Beta1, (float)step.Beta2);
        var (rest1, rest2) = ((float)(1 - step.Beta1), (float)(1 - step.Beta2));
        var rate = (float)(step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)));
        var rootCorrection = (float)(1 / Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
        var (epsilon, scale) = ((float)step.Epsilon, (float)step.GradientScale);
        pool.Run((int)((count + Block - 1) / Block), (job, _) =>
        {
            var end = Math.Min(count, (job + 1L) * Block);
            for (var i = (long)job * Block; i < end; i++)
            {
                var g = gradient[i] * scale;
                var m = first[i] = beta1 * first[i] + rest1 * g;
                var v = second[i] = beta2 * second[i] + rest2 * g * g;
                value[i] = value[i] * decay - rate * m / (MathF.Sqrt(v) * rootCorrection + epsilon);
                gradient[i] = 0;
            }
        });
    }
}
