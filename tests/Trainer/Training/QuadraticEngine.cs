using LoraLint.Trainer.Engines;

namespace LoraLint.Tests.Trainer.Training;

/// <summary>
/// An engine whose loss of a target t is half the squared distance of the weights from a point that belongs to t. It has AdamW, and noise
/// that depends on the dropout key, so that a wrong key, moment or step count shows in the bits.
/// </summary>
public sealed class QuadraticEngine : ITrainingEngine
{
    private readonly float[][] _values;
    private readonly float[][] _gradients;
    private readonly float[][] _first;
    private readonly float[][] _second;

    public QuadraticEngine()
    {
        Parameters =
        [
            new TrainableTensor("base_model.model.layer.lora_A.weight", [2, 3], TensorRole.LoraA),
            new TrainableTensor("base_model.model.layer.lora_B.weight", [4, 2], TensorRole.LoraB),
        ];
        _values = [.. Parameters.Select(parameter => new float[parameter.Length])];
        _gradients = [.. Parameters.Select(parameter => new float[parameter.Length])];
        _first = [.. Parameters.Select(parameter => new float[parameter.Length])];
        _second = [.. Parameters.Select(parameter => new float[parameter.Length])];
        _values[0].AsSpan().Fill(0.5f);
    }

    public string Name => "quadratic";

    public IReadOnlyList<TrainableTensor> Parameters { get; }

    /// <summary>What each call of Accumulate was given.</summary>
    public List<(TokenBatch Batch, double Scale, ulong Key)> Calls { get; } = [];

    /// <summary>What happened, in order: each call by name, and the batch that it was given.</summary>
    public List<(string Call, TokenBatch? Batch)> Order { get; } = [];

    /// <summary>What each call of Step was given.</summary>
    public List<(int Step, double Rate, double Clip)> Steps { get; } = [];

    /// <summary>Called before each evaluation of a batch.</summary>
    public Action BeforeEvaluate { get; set; } = () => { };

    /// <summary>Replaces the loss of an evaluation, counted from 0.</summary>
    public Func<int, double>? EvaluationLoss { get; set; }

    /// <summary>From this step on, losses are not numbers.</summary>
    public int DivergesAt { get; set; } = int.MaxValue;

    private int _evaluations;
    private double _loss;

    public LossSum Evaluate(TokenBatch batch)
    {
        Order.Add(("evaluate", batch));
        BeforeEvaluate();
        var tokens = batch.Supervised;
        return new LossSum(EvaluationLoss is { } given ? given(_evaluations++) * tokens : Loss(batch, 0, null), tokens);
    }

    public string Device => "memory";

    public long MemoryBytes => 1 << 20;

    public void Accumulate(TokenBatch batch, double scale, ulong dropoutKey)
    {
        Order.Add(("accumulate", batch));
        Calls.Add((batch, scale, dropoutKey));
        _loss += Steps.Count + 1 >= DivergesAt ? double.NaN : Loss(batch, (float)scale, dropoutKey);
    }

    public void Prepare(TokenBatch next) => Order.Add(("prepare", next));

    public AccumulatedSums ReadSums()
    {
        Order.Add(("read", null));
        return new(_loss, Math.Sqrt(_gradients.SelectMany(values => values).Sum(value => (double)value * value)));
    }

    public void Step(int step, double learningRate, double gradientScale)
    {
        Steps.Add((step, learningRate, gradientScale));
        _loss = 0;
        for (var p = 0; p < _values.Length; p++)
        {
            for (var i = 0; i < _values[p].Length; i++)
            {
                var gradient = _gradients[p][i] * (float)gradientScale;
                _first[p][i] = 0.9f * _first[p][i] + 0.1f * gradient;
                _second[p][i] = 0.999f * _second[p][i] + 0.001f * gradient * gradient;
                var first = _first[p][i] / (1 - Math.Pow(0.9, step));
                var second = _second[p][i] / (1 - Math.Pow(0.999, step));
                _values[p][i] -= (float)(learningRate * first / (Math.Sqrt(second) + 1e-8));
                _gradients[p][i] = 0;
            }
        }
    }

    public void Read(ParameterState kind, int index, Span<float> values) => Of(kind)[index].CopyTo(values);

    public void Write(ParameterState kind, int index, ReadOnlySpan<float> values) => values.CopyTo(Of(kind)[index]);

    public float[] LastLogits(TokenBatch batch) => throw new NotSupportedException();

    public void CaptureInputs(TokenBatch batch, Action<int, ReadRow> capture) => throw new NotSupportedException();

    public float[] WeightNorms(int module) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    /// <summary>The trained values as bits.</summary>
    public string Bits() => string.Join(' ', _values.SelectMany(values => values).Select(BitConverter.SingleToUInt32Bits));

    private float[][] Of(ParameterState kind) => kind switch
    {
        ParameterState.Value => _values,
        ParameterState.Gradient => _gradients,
        ParameterState.FirstMoment => _first,
        _ => _second,
    };

    private double Loss(TokenBatch batch, float scale, ulong? key)
    {
        var noise = key is { } drawn ? 1 + (drawn % 1000) / 10_000f : 1;
        var loss = 0.0;
        foreach (var target in batch.Targets)
        {
            if (target == TokenBatch.Ignored)
                continue;
            for (var p = 0; p < _values.Length; p++)
            {
                for (var i = 0; i < _values[p].Length; i++)
                {
                    var distance = _values[p][i] - (float)Math.Sin(target + 3 * i + p);
                    loss += 0.5 * distance * distance;
                    _gradients[p][i] += scale * distance * noise;
                }
            }
        }

        return loss;
    }
}
