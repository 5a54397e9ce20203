using LoraLint.Trainer.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// The token embedding <c>y = c E[token]</c>, with c = sqrt(hidden) for Gemma and 1 else. It is frozen, trained in full, or has an adapter:
/// <c>y = c (E[token] + s A[:, token]^T B^T)</c>, without dropout (peft/tuners/lora/layer.py, class Embedding).
/// </summary>
internal sealed class Embedding : IDisposable
{
    private readonly ParameterSet _parameters;
    private readonly Scalar? _scale;
    private int _savedIndex = -1;
    private (int A, int B) _adapter = (-1, -1);
    private Scalar? _adapterScaling;

    /// <param name="table">Shape (vocabulary, hidden).</param>
    /// <param name="scale">c.</param>
    /// <param name="parameters">Where trained weights are.</param>
    public Embedding(FrozenWeight table, double scale, ParameterSet parameters)
    {
        (Table, _parameters) = (table, parameters);
        _scale = scale == 1 ? null : scale.ToScalar();
    }

    /// <summary>The frozen table.</summary>
    public FrozenWeight Table { get; }

    /// <summary>Whether anything of it is trained.</summary>
    public bool IsTrained => _savedIndex >= 0 || _adapterScaling is not null;

    /// <summary>Trains the table in full.</summary>
    public void TrainWeight(int index) => _savedIndex = index;

    /// <summary>Gives it an adapter.</summary>
    /// <param name="plan">Scaling.</param>
    /// <param name="a">Index of A, shape (rank, vocabulary).</param>
    /// <param name="b">Index of B, shape (hidden, rank).</param>
    public void AddAdapter(AdaptedModule plan, int a, int b) => (_adapter, _adapterScaling) = ((a, b), plan.Scaling.ToScalar());

    /// <summary>Lets training start at the stored table.</summary>
    public void CopyInitialValues()
    {
        using var scope = NewDisposeScope();
        if (_savedIndex >= 0)
            _parameters.Value(_savedIndex).copy_(Table.Open());
    }

    /// <summary>Computes y, shape (T, hidden).</summary>
    public Tensor Forward(Pass pass, Tensor tokens)
    {
        using var scope = NewDisposeScope();
        var table = _savedIndex >= 0 && pass.UsesAdapter ? _parameters.Computed(_savedIndex) : Table.Open();
        var y = table.index_select(0, tokens);
        if (_adapterScaling is not null && pass.UsesAdapter)
            y.addmm_(Reduce(tokens), _parameters.Computed(_adapter.B).t());
        if (_scale is not null)
            y.mul_(_scale);
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>Adds to the gradients of what is trained.</summary>
    /// <param name="tokens">Of the forward pass.</param>
    /// <param name="dy">Gradient of y; overwritten.</param>
    public void Backward(Tensor tokens, Tensor dy)
    {
        using var scope = NewDisposeScope();
        if (_scale is not null)
            dy.mul_(_scale);
        if (_savedIndex >= 0)
            AddRows(_parameters.Gradient(_savedIndex), tokens, dy);
        if (_adapterScaling is null)
            return;
        _parameters.AddProduct(_adapter.B, dy.t(), Reduce(tokens));
        var v = dy.mm(_parameters.Computed(_adapter.B)).mul_(_adapterScaling);
        // A holds a column for each token: its transposed view takes rows.
        AddRows(_parameters.Gradient(_adapter.A).t(), tokens, v);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Table.Dispose();
        _scale?.Dispose();
        _adapterScaling?.Dispose();
    }

    // s A[:, token]^T, shape (T, rank).
    private Tensor Reduce(Tensor tokens) => _parameters.Computed(_adapter.A).index_select(1, tokens).t().mul(_adapterScaling!);

    // A token may come more than once. index_put_ sorts what it adds, so that the order of sums is always the same; index_add_ does not.
    private static void AddRows(Tensor target, Tensor rows, Tensor values) =>
        target.index_put_(values.to(ScalarType.Float32), new[] { rows }, accumulate: true);
}
