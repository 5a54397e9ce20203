using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// The rows of a table by token id, times the family's scale c: h = c W[token]. Frozen, trained in full, or with an adapter of PEFT's
/// kind for embeddings, which knows no dropout:
/// <code>
/// u = A[:, token]     h = c (W[token] + s B u)     dB = c s dh u^T     dA[:, token] += c s B^T dh
/// </code>
/// </summary>
/// <param name="name">The module's name.</param>
/// <param name="table">W as stored, shape (vocabulary, hidden).</param>
/// <param name="scale">c.</param>
internal sealed unsafe class Embedding(string name, FrozenMatrix table, float scale)
{
    /// <summary>Columns that one worker handles when gradients are scattered: tokens repeat, so that rows cannot be shared out.</summary>
    private const int ColumnBlock = 64;

    private ParameterSet? _parameters;
    private int _savedIndex = -1;
    private int _a = -1;
    private int _b = -1;
    private float _adapterScale;

    /// <summary>The module's name.</summary>
    public string Name { get; } = name;

    /// <summary>Width of a row.</summary>
    public int Width => table.Columns;

    /// <summary>Columns of u; 0 without an adapter.</summary>
    public int Rank { get; private set; }

    /// <summary>Whether anything of it is trained.</summary>
    public bool IsTrained => _savedIndex >= 0 || Rank > 0;

    /// <summary>Trains W in full.</summary>
    public void TrainWeight(ParameterSet parameters, int index) => (_parameters, _savedIndex) = (parameters, index);

    /// <summary>Adds an adapter: A of shape (rank, vocabulary), B of shape (hidden, rank).</summary>
    public void AddAdapter(AdaptedModule plan, ParameterSet parameters, int a, int b)
    {
        (_parameters, _a, _b) = (parameters, a, b);
        _adapterScale = scale * (float)plan.Scaling;
        Rank = plan.Rank;
    }

    /// <summary>Lets training start at the stored weight.</summary>
    public void CopyInitialValues()
    {
        if (_savedIndex >= 0)
            table.WidenRows(0, table.Rows, 0, Width, _parameters!.Value(_savedIndex), Width);
    }

    /// <summary>Computes h.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="tokens">Ids, shape (T).</param>
    /// <param name="h">Shape (T, hidden), overwritten.</param>
    /// <param name="u">Memory for u, shape (T, rank).</param>
    public void Forward(Pass pass, int[] tokens, Matrix h, Matrix u)
    {
        var saved = _savedIndex >= 0 && pass.UsesAdapter ? _parameters!.Value(_savedIndex) : null;
        pass.Pool.Run(h.Rows, (row, _) =>
        {
            var target = h.RowSpan(row);
            if (saved != null)
                new ReadOnlySpan<float>(saved + (long)tokens[row] * Width, Width).CopyTo(target);
            else
                table.WidenRow(tokens[row], target);
            if (scale != 1)
                foreach (ref var value in target)
                    value *= scale;
        });
        if (Rank == 0 || !pass.UsesAdapter)
            return;
        Gather(tokens, u);
        Gemm.Multiply(pass.Pool, u, false, _parameters!.ValueMatrix(_b), true, h, _adapterScale, accumulate: true);
    }

    /// <summary>Adds to the gradients of what is trained here.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="tokens">Ids, shape (T).</param>
    /// <param name="dh">Gradient of h.</param>
    /// <param name="u">Of the forward pass; overwritten.</param>
    public void Backward(Pass pass, int[] tokens, Matrix dh, Matrix u)
    {
        if (_savedIndex >= 0)
            Scatter(pass, tokens, dh);
        if (Rank == 0)
            return;
        Gemm.Multiply(pass.Pool, dh, true, u, false, _parameters!.GradientMatrix(_b), _adapterScale, accumulate: true);
        Gemm.Multiply(pass.Pool, dh, false, _parameters.ValueMatrix(_b), false, u, _adapterScale, accumulate: false);
        var gradient = _parameters.GradientMatrix(_a);
        for (var row = 0; row < tokens.Length; row++)
            for (var i = 0; i < Rank; i++)
                gradient.Row(i)[tokens[row]] += u.Row(row)[i];
    }

    /// <summary>u = A[:, token].</summary>
    private void Gather(int[] tokens, Matrix u)
    {
        var a = _parameters!.ValueMatrix(_a);
        for (var row = 0; row < tokens.Length; row++)
            for (var i = 0; i < Rank; i++)
                u.Row(row)[i] = a.Row(i)[tokens[row]];
    }

    /// <summary>dW[token] += c dh: workers share the columns and go through the tokens in order.</summary>
    private void Scatter(Pass pass, int[] tokens, Matrix dh)
    {
        var gradient = _parameters!.GradientMatrix(_savedIndex);
        pass.Pool.Run((Width + ColumnBlock - 1) / ColumnBlock, (job, _) =>
        {
            var (first, end) = (job * ColumnBlock, Math.Min(Width, (job + 1) * ColumnBlock));
            for (var row = 0; row < tokens.Length; row++)
            {
                var target = gradient.Row(tokens[row]);
                var source = dh.Row(row);
                for (var i = first; i < end; i++)
                    target[i] += scale * source[i];
            }
        });
    }
}
