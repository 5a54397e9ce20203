using System.Runtime.Intrinsics;
using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>AdamW, or plain SGD, over all parameters. Weight decay is decoupled: values shrink by rate * decay * value.</summary>
/// <remarks>
/// Decay reaches A, B and saved matrices; biases, norms' weights and DoRA's magnitudes get none. The Hugging Face Trainer spares biases
/// and norms too but decays magnitudes, which pulls a DoRA layer's rows towards zero. With LoRA+ the rate of B alone is multiplied;
/// PEFT's create_loraplus_optimizer also multiplies that of biases and magnitudes.
/// </remarks>
internal sealed unsafe class Optimizer
{
    /// <summary>Values of which one worker takes the norm at a time.</summary>
    private const int NormBlock = 1 << 16;

    private readonly ParameterSet _parameters;
    private readonly EngineOptions _options;
    private readonly List<Segment> _segments = [];

    /// <summary>An optimizer of the parameters, which are all added.</summary>
    /// <exception cref="TrainerException">The optimizer's name is not known.</exception>
    public Optimizer(ParameterSet parameters, EngineOptions options)
    {
        if (options.Optimizer is not ("adamw" or "sgd"))
            throw new TrainerException($"the optimizer '{options.Optimizer}' is not one of the managed engine's; use adamw or sgd");
        _parameters = parameters;
        _options = options;
        for (var i = 0; i < parameters.Tensors.Count; i++)
        {
            var tensor = parameters.Tensors[i];
            var ratio = tensor.Role == TensorRole.LoraB ? options.LoraPlusRatio : 1;
            var decays = tensor is { Role: TensorRole.LoraA or TensorRole.LoraB } or { Role: TensorRole.Saved, Shape.Length: > 1 };
            var segment = new Segment(parameters.Start(i), parameters.Start(i + 1), ratio, decays ? options.WeightDecay : 0);
            if (_segments.Count > 0 && _segments[^1].Joins(segment))
                _segments[^1] = _segments[^1] with { End = segment.End };
            else
                _segments.Add(segment);
        }
    }

    /// <summary>Whether it keeps moments.</summary>
    public bool HasMoments => _options.Optimizer == "adamw";

    /// <summary>One step with the gradients so far, which are zero after it.</summary>
    /// <param name="pool">Who computes.</param>
    /// <param name="step">Counts from 1.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="gradientScale">What gradients are multiplied by, for clipping.</param>
    public void Step(WorkerPool pool, int step, double learningRate, double gradientScale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        foreach (var segment in _segments)
        {
            var rate = learningRate * segment.RateRatio;
            var value = _parameters.Block(ParameterState.Value) + segment.Start;
            var gradient = _parameters.Block(ParameterState.Gradient) + segment.Start;
            if (HasMoments)
            {
                var update = new AdamWStep(
                    step, rate, _options.Beta1, _options.Beta2, _options.Epsilon, segment.WeightDecay, gradientScale,
                    _options.BiasCorrection);
                var first = _parameters.Block(ParameterState.FirstMoment) + segment.Start;
                var second = _parameters.Block(ParameterState.SecondMoment) + segment.Start;
                AdamW.Update(pool, update, value, gradient, first, second, segment.End - segment.Start);
            }
            else
            {
                DescendGradient(value, gradient, segment.End - segment.Start, rate, segment.WeightDecay, gradientScale);
            }
        }

        _parameters.Touch();
    }

    /// <summary>The Euclidean norm of all gradients: sums of blocks in double, added up in order.</summary>
    public double GradientNorm(WorkerPool pool)
    {
        var gradient = _parameters.Block(ParameterState.Gradient);
        var sums = new double[(_parameters.Length + NormBlock - 1) / NormBlock];
        pool.Run(sums.Length, (job, _) =>
        {
            var start = (long)job * NormBlock;
            sums[job] = SumOfSquares(gradient + start, Math.Min(NormBlock, _parameters.Length - start));
        });
        return Math.Sqrt(sums.Sum());
    }

    /// <summary>Squares and sums in double: squares of tiny gradients vanish in single precision. Counts are multiples of 16.</summary>
    private static double SumOfSquares(float* values, long count)
    {
        var sum = Vector512<double>.Zero;
        for (var i = 0L; i < count; i += Vector512<float>.Count)
        {
            var (low, high) = Vector512.Widen(Vector512.Load(values + i));
            sum += low * low + high * high;
        }

        return Vector512.Sum(sum);
    }

    /// <summary>SGD without momentum: w -= rate (decay w + g).</summary>
    private static void DescendGradient(float* value, float* gradient, long count, double rate, double decay, double gradientScale)
    {
        var (shrink, factor) = ((float)(1 - rate * decay), (float)(rate * gradientScale));
        for (var i = 0L; i < count; i++)
        {
            value[i] = shrink * value[i] - factor * gradient[i];
            gradient[i] = 0;
        }
    }

    /// <summary>Neighbouring parameters with the same rate and decay, padding included: it is zero and stays so.</summary>
    private readonly record struct Segment(long Start, long End, double RateRatio, double WeightDecay)
    {
        public bool Joins(Segment next) => End == next.Start && RateRatio == next.RateRatio && WeightDecay == next.WeightDecay;
    }
}
