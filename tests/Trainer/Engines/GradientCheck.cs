using LoraLint.Trainer.Engines;

namespace LoraLint.Tests.Trainer.Engines;

/// <summary>Compares gradients with differences of the loss.</summary>
public static class GradientCheck
{
    /// <summary>
    /// Moves each parameter in the direction of its own gradient, as far as <paramref name="step"/>, to both sides: the loss must change
    /// by the gradient's length per unit. The largest relative error of all parameters is asserted to be small.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="batch">A micro batch.</param>
    /// <param name="dropoutKey">Names the masks of all passes.</param>
    /// <param name="follow">Called with the moved parameter before each loss is taken, to move what must follow.</param>
    /// <param name="step">Length of the move.</param>
    /// <param name="tolerance">Of the relative error.</param>
    public static void Run(
        ITrainingEngine engine, TokenBatch batch, ulong dropoutKey = 5, Action<int>? follow = null, double step = 5e-3,
        double tolerance = 4e-3)
    {
        Clear(engine);
        engine.Accumulate(batch, 1, dropoutKey);
        var gradients = Gradients(engine);
        for (var i = 0; i < engine.Parameters.Count; i++)
        {
            var name = engine.Parameters[i].Name;
            var length = Math.Sqrt(gradients[i].Sum(g => (double)g * g));
            Assert.True(length > 1e-4, $"{name} has no gradient to check: {length}");
            var start = Value(engine, i);
            double Moved(double distance)
            {
                engine.Write(ParameterState.Value, i, [.. start.Zip(gradients[i], (v, g) => (float)(v + distance * g / length))]);
                follow?.Invoke(i);
                return Loss(engine, batch, dropoutKey);
            }

            // Of fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h.
            var slope = (8 * (Moved(step) - Moved(-step)) - (Moved(2 * step) - Moved(-2 * step))) / (12 * step);
            Moved(0);
            var error = Math.Abs(slope - length) / length;
            Assert.True(error < tolerance, $"{name}: the loss rises by {slope} where the gradient says {length}: {error:g3}");
        }
    }

    private static double Loss(ITrainingEngine engine, TokenBatch batch, ulong dropoutKey)
    {
        var before = engine.ReadSums().Loss;
        engine.Accumulate(batch, 0, dropoutKey);
        return engine.ReadSums().Loss - before;
    }

    public static float[] Value(ITrainingEngine engine, int index) => Read(engine, ParameterState.Value, index);

    public static float[][] Gradients(ITrainingEngine engine) =>
        [.. Enumerable.Range(0, engine.Parameters.Count).Select(i => Read(engine, ParameterState.Gradient, i))];

    public static void Clear(ITrainingEngine engine)
    {
        for (var i = 0; i < engine.Parameters.Count; i++)
            engine.Write(ParameterState.Gradient, i, new float[engine.Parameters[i].Length]);
    }

    /// <summary>The distance of two sets of tensors relative to the first one's length.</summary>
    public static double Distance(float[][] expected, float[][] actual)
    {
        var difference = expected.Zip(actual).Sum(pair => pair.First.Zip(pair.Second).Sum(v => Math.Pow((double)v.First - v.Second, 2)));
        return Math.Sqrt(difference / expected.Sum(tensor => tensor.Sum(v => (double)v * v)));
    }

    private static float[] Read(ITrainingEngine engine, ParameterState kind, int index)
    {
        var values = new float[engine.Parameters[index].Length];
        engine.Read(kind, index, values);
        return values;
    }
}
