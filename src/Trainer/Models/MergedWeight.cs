using System.Numerics.Tensors;

namespace LoraLint.Trainer.Models;

/// <summary>A weight with its adapter folded in, computed row by row when it is read.</summary>
internal sealed class MergedWeight
{
    private readonly StoredTensor _weight;
    private readonly AdapterModule _module;
    private readonly float[] _a;
    private readonly float[] _b;
    private readonly float[]? _magnitude;
    private readonly float[] _row;

    /// <summary>Weight and adapter, of the same shape.</summary>
    public MergedWeight(StoredTensor weight, AdapterModule module)
    {
        _weight = weight;
        _module = module;
        _a = ValuesOf(module.A);
        _b = ValuesOf(module.B);
        _magnitude = module.Magnitude is null ? null : ValuesOf(module.Magnitude);
        _row = new float[module.InFeatures];
    }

    /// <summary>Values of the merged weight from an index on.</summary>
    public void Read(long start, Span<float> values)
    {
        while (values.Length > 0)
        {
            var (row, column) = Math.DivRem(start, _row.Length);
            var count = Math.Min(values.Length, _row.Length - (int)column);
            Compute((int)row);
            _row.AsSpan((int)column, count).CopyTo(values);
            start += count;
            values = values[count..];
        }
    }

    private void Compute(int row)
    {
        _weight.CopyTo((long)row * _row.Length, _row);
        for (var k = 0; k < _module.Rank; k++)
        {
            var factor = (float)(_module.Scaling * _b[(row * _module.Rank) + k]);
            TensorPrimitives.MultiplyAdd(_a.AsSpan(k * _row.Length, _row.Length), factor, _row, _row);
        }

        if (_magnitude is null)
            return;
        var norm = Math.Sqrt(SumOfSquares(_row));
        TensorPrimitives.Multiply(_row, (float)(_magnitude[row] / norm), _row);
    }

    private static double SumOfSquares(float[] values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += (double)value * value;
        return sum;
    }

    private static float[] ValuesOf(StoredTensor tensor)
    {
        var values = new float[tensor.Length];
        tensor.CopyTo(values);
        return values;
    }
}
