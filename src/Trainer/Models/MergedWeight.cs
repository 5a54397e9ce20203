using System.Numerics.Tensors;

namespace LoraLint.Trainer.Models;

/// <summary>A weight with its adapter folded in, computed row by row when it is read.</summary>
internal sealed class MergedWeight
{
    private readonly StoredTensor _weight;
    private readonly AdapterModule _module;
    // The update is s times the product of these two: (rows, rank) and (rank, columns) of the weight.
    private readonly float[] _left;
    private readonly float[] _right;
    private readonly float[]? _magnitude;
    private readonly float[] _row;

    /// <summary>Weight and adapter, of the same shape.</summary>
    public MergedWeight(StoredTensor weight, AdapterModule module)
    {
        _weight = weight;
        _module = module;
        // Of the embedding (BA)^T = A^T B^T.
        _left = module.IsEmbedding ? Transposed(module.A) : ValuesOf(module.B);
        _right = module.IsEmbedding ? Transposed(module.B) : ValuesOf(module.A);
        _magnitude = module.Magnitude is null ? null : ValuesOf(module.Magnitude);
        _row = new float[module.WeightShape.Columns];
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
            var factor = (float)(_module.Scaling * _left[(row * _module.Rank) + k]);
            TensorPrimitives.MultiplyAdd(_right.AsSpan(k * _row.Length, _row.Length), factor, _row, _row);
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

    private static float[] Transposed(StoredTensor tensor)
    {
        var (rows, columns) = (tensor.Shape[0], tensor.Shape[1]);
        var values = ValuesOf(tensor);
        var transposed = new float[values.Length];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                transposed[(column * rows) + row] = values[(row * columns) + column];
        }

        return transposed;
    }

    private static float[] ValuesOf(StoredTensor tensor)
    {
        var values = new float[tensor.Length];
        tensor.CopyTo(values);
        return values;
    }
}
