using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>AdamW, or plain SGD, over all parameters, by the same rules as the managed engine's.</summary>
internal sealed class Optimizer
{
    private readonly ParameterSet _parameters;
    private readonly EngineOptions _options;
    private readonly List<Section> _sections = [];

    /// <summary>An optimizer of the parameters, which are all added; makes their memory.</summary>
    /// <exception cref="TrainerException">The optimizer's name is not known.</exception>
    public Optimizer(ParameterSet parameters, EngineOptions options)
    {
        if (options.Optimizer is not ("adamw" or "sgd"))
            throw new TrainerException($"the optimizer '{options.Optimizer}' is not one of the torch engine's; use adamw or sgd");
        (_parameters, _options) = (parameters, options);
        var alike = Enumerable.Range(0, parameters.Tensors.Count).GroupBy(i => Treatment(parameters.Tensors[i], options)).ToList();
        parameters.Allocate([.. alike.SelectMany(group => group)], HasMoments);
        foreach (var group in alike)
        {
            _sections.Add(new Section(
                parameters.Start(group.First()), group.Sum(i => (long)parameters.Tensors[i].Length), group.Key.Ratio, group.Key.Decay));
        }
    }

    /// <summary>Whether it keeps moments.</summary>
    public bool HasMoments => _options.Optimizer == "adamw";

    /// <summary>One step with the gradients so far, which are zero after it.</summary>
    /// <param name="step">Counts from 1.</param>
    /// <param name="learningRate">Of this step.</param>
    /// <param name="gradientScale">What gradients are multiplied by, for clipping.</param>
    public void Step(int step, double learningRate, double gradientScale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        using var whole = NewDisposeScope();
        var gradients = _parameters.Block(ParameterState.Gradient);
        if (gradientScale != 1)
        {
            using var scale = gradientScale.ToScalar();
            gradients.mul_(scale);
        }

        foreach (var section in _sections)
        {
            using var scope = NewDisposeScope();
            var rate = learningRate * section.Ratio;
            var value = Piece(ParameterState.Value, section);
            using var shrink = (1 - rate * section.Decay).ToScalar();
            value.mul_(shrink);
            if (HasMoments)
                Adapt(step, rate, section, value);
            else
                Descend(rate, section, value);
        }

        gradients.zero_();
        _parameters.Touch();
    }

    /// <summary>
    /// The square of the norm of all gradients, on the device in 64 bits: squares of tiny gradients vanish in 32. Piece by piece, for the
    /// wide copy takes memory.
    /// </summary>
    public Tensor SquaredGradientNorm()
    {
        const long piece = 1 << 24;
        var sum = zeros([1], ScalarType.Float64, _parameters.Block(ParameterState.Gradient).device);
        for (var start = 0L; start < _parameters.Length; start += piece)
        {
            using var scope = NewDisposeScope();
            var gradients = _parameters.Block(ParameterState.Gradient).narrow(0, start, Math.Min(piece, _parameters.Length - start));
            var wide = gradients.to(ScalarType.Float64);
            sum.add_(wide.mul_(wide).sum());
        }

        return sum;
    }

    // m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= rate m / c1 / (sqrt(v / c2) + epsilon).
    private void Adapt(int step, double rate, Section section, Tensor value)
    {
        var gradient = Piece(ParameterState.Gradient, section);
        var first = Piece(ParameterState.FirstMoment, section);
        var second = Piece(ParameterState.SecondMoment, section);
        var (beta1, beta2) = (_options.Beta1, _options.Beta2);
        var (correction1, correction2) = _options.BiasCorrection ? (1 - Math.Pow(beta1, step), 1 - Math.Pow(beta2, step)) : (1.0, 1.0);
        using var keep1 = beta1.ToScalar();
        using var add1 = (1 - beta1).ToScalar();
        using var keep2 = beta2.ToScalar();
        using var add2 = (1 - beta2).ToScalar();
        using var root = (1 / Math.Sqrt(correction2)).ToScalar();
        using var epsilon = _options.Epsilon.ToScalar();
        using var length = (-rate / correction1).ToScalar();
        first.mul_(keep1).add_(gradient, add1);
        second.mul_(keep2).addcmul_(gradient, gradient, add2);
        value.addcdiv_(first, second.sqrt().mul_(root).add_(epsilon), length);
    }

    private void Descend(double rate, Section section, Tensor value)
    {
        using var factor = (-rate).ToScalar();
        value.add_(Piece(ParameterState.Gradient, section), factor);
    }

    private Tensor Piece(ParameterState kind, Section section) => _parameters.Block(kind).narrow(0, section.Start, section.Length);

    private static (double Ratio, double Decay) Treatment(TrainableTensor tensor, EngineOptions options)
    {
        var decays = tensor is { Role: TensorRole.LoraA or TensorRole.LoraB } or { Role: TensorRole.Saved, Shape.Length: > 1 };
        return (tensor.Role == TensorRole.LoraB ? options.LoraPlusRatio : 1, decays ? options.WeightDecay : 0);
    }

    private readonly record struct Section(long Start, long Length, double Ratio, double Decay);
}
