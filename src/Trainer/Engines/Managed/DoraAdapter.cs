using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// DoRA (Liu et al. 2024, arXiv 2402.09353): LoRA turns the rows of W, and a trained magnitude m gives them their length. With n the
/// norms of the rows of W + s B A, which count as constants in the backward pass as the paper proposes, and g = m / n:
/// <code>
/// z = x W^T + s u B^T     y = g z      dm = sum of dy z / n over the tokens      dz = g dy, and from there as LoRA
/// </code>
/// With dropout PEFT computes y = x W^T - x' W^T + g z, where z comes from the dropped input x' (peft/tuners/lora/dora.py and
/// variants.py, 5d602fd), and so does this: the base product runs twice, on x - x' and on x'.
/// </summary>
/// <remarks>z is computed again in the backward pass: kept, it would nearly double the memory of the activations.</remarks>
internal sealed unsafe class DoraAdapter : Adapter, IDisposable
{
    /// <summary>Rows of W whose norms are computed together.</summary>
    private const int NormRows = 256;

    private readonly int _magnitude;
    private readonly NativeBuffer _norms;
    private readonly NativeBuffer _factors;
    private long _version;

    public DoraAdapter(int module, AdaptedModule plan, ParameterSet parameters, int a, int b, int magnitude)
        : base(module, plan, parameters, a, b)
    {
        _magnitude = magnitude;
        _norms = new NativeBuffer(plan.OutFeatures);
        _factors = new NativeBuffer(plan.OutFeatures);
    }

    /// <inheritdoc/>
    public override long ScratchLength(int rows, bool drops, bool backward) => Math.Max(
        (long)Math.Min(NormRows, Outputs) * Inputs,
        rows * (2L * Outputs + (backward ? Rank : 0) + (drops ? 2L * Inputs : 0)));

    /// <inheritdoc/>
    public override void Forward(Pass pass, FrozenMatrix w, Matrix x, Matrix y, Matrix u)
    {
        Refresh(pass, w);
        var z = new Matrix(pass.Scratch, x.Rows, Outputs);
        var dropped = Drop(pass, x, pass.Scratch + (long)x.Rows * Outputs);
        Gemm.Multiply(pass.Pool, dropped, false, A, true, u, 1, accumulate: false);
        if (pass.Dropout.IsActive)
        {
            ComputeDirection(pass, w, dropped, u, z);
            VectorMath.Scale(pass.Pool, dropped, -1);
            VectorMath.Add(pass.Pool, dropped, x);
            Gemm.MultiplyTransposed(pass.Pool, dropped, w, y, accumulate: false);
            ScaleColumns(pass.Pool, z, y, accumulate: true);
        }
        else
        {
            ComputeDirection(pass, w, x, u, y);
            ScaleColumns(pass.Pool, y, y, accumulate: false);
        }
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, FrozenMatrix w, Matrix x, Matrix dy, Matrix? dx, bool accumulate, Matrix u)
    {
        Refresh(pass, w);
        var dz = new Matrix(pass.Scratch, dy.Rows, Outputs);
        var z = new Matrix(dz.Data + (long)dy.Rows * Outputs, dy.Rows, Outputs);
        var du = new Matrix(z.Data + (long)dy.Rows * Outputs, dy.Rows, Rank);
        var rest = du.Data + (long)dy.Rows * Rank;
        var dropped = Drop(pass, x, rest);
        ComputeDirection(pass, w, dropped, u, z);
        AddMagnitudeGradient(pass.Pool, dy, z);
        ScaleColumns(pass.Pool, dy, dz, accumulate: false);
        Gemm.Multiply(pass.Pool, dz, true, u, false, GradientOfB, Scaling, accumulate: true);
        Gemm.Multiply(pass.Pool, dz, false, B, false, du, Scaling, accumulate: false);
        Gemm.Multiply(pass.Pool, du, true, dropped, false, GradientOfA, 1, accumulate: true);
        if (dx is not { } gradient)
            return;
        if (pass.Dropout.IsActive)
        {
            // y = (x - x') W^T + z g: dx = dy W + mask ((dz - dy) W + du A).
            Gemm.Multiply(pass.Pool, dy, w, gradient, accumulate);
            VectorMath.Add(pass.Pool, dz, dy, -1);
            var throughMask = new Matrix(rest, dy.Rows, Inputs);
            Gemm.Multiply(pass.Pool, dz, w, throughMask, accumulate: false);
            Gemm.Multiply(pass.Pool, du, false, A, false, throughMask, 1, accumulate: true);
            AddUndropped(pass, throughMask, gradient);
        }
        else
        {
            Gemm.Multiply(pass.Pool, dz, w, gradient, accumulate);
            Gemm.Multiply(pass.Pool, du, false, A, false, gradient, 1, accumulate: true);
        }
    }

    /// <summary>The norms of the rows of W + s B A: what the magnitudes start at.</summary>
    public ReadOnlySpan<float> Norms(Pass pass, FrozenMatrix w)
    {
        Refresh(pass, w);
        return new ReadOnlySpan<float>(_norms.Data, Outputs);
    }

    /// <summary>Sets the magnitudes to the norms of the rows.</summary>
    public void CopyNorms(Pass pass, FrozenMatrix w) =>
        Norms(pass, w).CopyTo(new Span<float>(Parameters.Value(_magnitude), Outputs));

    /// <inheritdoc/>
    public void Dispose()
    {
        _norms.Dispose();
        _factors.Dispose();
    }

    /// <summary>z = x W^T + s u B^T.</summary>
    private void ComputeDirection(Pass pass, FrozenMatrix w, Matrix x, Matrix u, Matrix z)
    {
        Gemm.MultiplyTransposed(pass.Pool, x, w, z, accumulate: false);
        Gemm.Multiply(pass.Pool, u, false, B, true, z, Scaling, accumulate: true);
    }

    /// <summary>target = g source, or target += g source.</summary>
    private void ScaleColumns(WorkerPool pool, Matrix source, Matrix target, bool accumulate)
    {
        var factors = _factors.Data;
        pool.Run(source.Rows, (row, _) =>
        {
            var from = source.Row(row);
            var to = target.Row(row);
            for (var i = 0; i < source.Columns; i++)
                to[i] = (accumulate ? to[i] : 0) + factors[i] * from[i];
        });
    }

    /// <summary>dm += sum over the rows of dy z / n.</summary>
    private void AddMagnitudeGradient(WorkerPool pool, Matrix dy, Matrix z)
    {
        const int block = 64;
        var gradient = Parameters.Gradient(_magnitude);
        pool.Run((Outputs + block - 1) / block, (job, _) =>
        {
            var (first, end) = (job * block, Math.Min(Outputs, (job + 1) * block));
            var sums = stackalloc double[block];
            new Span<double>(sums, block).Clear();
            for (var row = 0; row < dy.Rows; row++)
                for (var i = first; i < end; i++)
                    sums[i - first] += (double)dy.Row(row)[i] * z.Row(row)[i];
            for (var i = first; i < end; i++)
                gradient[i] += (float)(sums[i - first] / _norms.Data[i]);
        });
    }

    /// <summary>Computes n and g again when the weights have changed since.</summary>
    private void Refresh(Pass pass, FrozenMatrix w)
    {
        if (_version == Parameters.Version)
            return;
        var magnitude = Parameters.Value(_magnitude);
        for (var first = 0; first < Outputs; first += NormRows)
        {
            var (start, count) = (first, Math.Min(NormRows, Outputs - first));
            var delta = new Matrix(pass.Scratch, count, Inputs);
            Gemm.Multiply(pass.Pool, B.SliceRows(first, count), false, A, false, delta, Scaling, accumulate: false);
            pass.Pool.Run(count, (row, worker) =>
            {
                var weights = pass.Pool.Scratch(worker, Inputs);
                w.WidenRows(start + row, 1, 0, Inputs, weights, Inputs);
                var sum = 0.0;
                for (var i = 0; i < Inputs; i++)
                {
                    double value = weights[i] + delta.Row(row)[i];
                    sum += value * value;
                }

                _norms.Data[start + row] = (float)Math.Sqrt(sum);
                _factors.Data[start + row] = (float)(magnitude[start + row] / Math.Sqrt(sum));
            });
        }

        _version = Parameters.Version;
    }
}
