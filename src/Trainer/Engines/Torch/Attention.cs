using LoraLint.Trainer.Models;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// Causal attention with grouped keys and values, from what the projections give to the input of the output projection. libtorch
/// differentiates this part itself: its fused kernels come with their own backward passes.
/// </summary>
internal sealed class Attention : IDisposable
{
    private readonly ModelConfig _model;
    private readonly int _window;
    private readonly int _rope;
    private readonly Norm? _queryNorm;
    private readonly Norm? _keyNorm;
    private readonly Scalar? _queryScale;
    private readonly Scalar? _cap;
    private readonly Scalar? _inverseCap;
    private readonly Scalar _minusInfinity = double.NegativeInfinity.ToScalar();

    /// <param name="model">Heads, scales.</param>
    /// <param name="layer">Its number: windows and rotary embeddings differ.</param>
    /// <param name="queryNorm">The norm of queries, or null.</param>
    /// <param name="keyNorm">The norm of keys, or null.</param>
    public Attention(ModelConfig model, int layer, Norm? queryNorm, Norm? keyNorm)
    {
        (_model, _queryNorm, _keyNorm) = (model, queryNorm, keyNorm);
        (_window, _rope) = (model.SlidingWindows[layer], model.RopeOfLayer[layer]);
        // The fused kernels scale by 1 / sqrt(head size) and take no other factor.
        var factor = model.AttentionScale * Math.Sqrt(model.HeadSize);
        if (Math.Abs(factor - 1) > 1e-12)
            _queryScale = factor.ToScalar();
        if (model.AttentionSoftcap > 0)
            (_cap, _inverseCap) = (model.AttentionSoftcap.ToScalar(), (1 / model.AttentionSoftcap).ToScalar());
    }

    /// <summary>Whether norms in it are trained.</summary>
    public bool IsTrained => _queryNorm is { IsTrained: true } || _keyNorm is { IsTrained: true };

    /// <summary>Attends.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="queries">Shape (T, heads * head size).</param>
    /// <param name="keys">Shape (T, key heads * head size).</param>
    /// <param name="values">As keys.</param>
    /// <param name="differentiates">Whether the backward pass will be asked for.</param>
    /// <returns>The output, shape (T, heads * head size), with what its backward pass needs.</returns>
    public AttendedTensors Forward(Pass pass, Tensor queries, Tensor keys, Tensor values, bool differentiates)
    {
        using var scope = NewDisposeScope();
        using var mode = set_grad_enabled(differentiates);
        var inputs = new[] { queries, keys, values };
        if (differentiates)
            inputs = [.. inputs.Select(input => input.detach().requires_grad_(true))];
        var (queryWeight, keyWeight) = (_queryNorm?.Leaf(pass), _keyNorm?.Leaf(pass));
        var output = Attend(pass, inputs, queryWeight, keyWeight);
        if (!differentiates)
            return new AttendedTensors(output.DetachFromDisposeScope(), null, [], null, null);
        foreach (var kept in inputs.Append(output).Concat(new[] { queryWeight, keyWeight }.OfType<Tensor>()).Where(t => t.requires_grad))
            kept.DetachFromDisposeScope();
        return new AttendedTensors(output.detach().DetachFromDisposeScope(), output, inputs, queryWeight, keyWeight);
    }

    /// <summary>The gradients of queries, keys and values; adds those of the norms.</summary>
    /// <param name="kept">Of the forward pass; used up.</param>
    /// <param name="gradient">Of the output.</param>
    public (Tensor Queries, Tensor Keys, Tensor Values) Backward(AttendedTensors kept, Tensor gradient)
    {
        using (enable_grad())
            autograd.backward([kept.Graph!], [gradient]);
        if (kept.QueryWeight is { } queryWeight)
            _queryNorm!.TakeGradient(queryWeight);
        if (kept.KeyWeight is { } keyWeight)
            _keyNorm!.TakeGradient(keyWeight);
        return (kept.Inputs[0].grad!, kept.Inputs[1].grad!, kept.Inputs[2].grad!);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var scalar in new[] { _queryScale, _cap, _inverseCap, _minusInfinity })
            scalar?.Dispose();
    }

    private Tensor Attend(Pass pass, Tensor[] inputs, Tensor? queryWeight, Tensor? keyWeight)
    {
        var tokens = inputs[0].size(0);
        var queries = inputs[0].view(tokens, _model.Heads, _model.HeadSize);
        var keys = inputs[1].view(tokens, _model.KeyValueHeads, _model.HeadSize);
        var values = inputs[2].view(tokens, _model.KeyValueHeads, _model.HeadSize);
        if (queryWeight is not null)
            queries = _queryNorm!.Apply(queries, queryWeight);
        if (keyWeight is not null)
            keys = _keyNorm!.Apply(keys, keyWeight);
        if (_rope >= 0)
            (queries, keys) = (Turn(queries, pass.Ropes[_rope]), Turn(keys, pass.Ropes[_rope]));
        if (_queryScale is not null)
            queries = queries.mul(_queryScale);

        var outputs = pass.Groups.Groups.Select(group => AttendIn(group, queries, keys, values)).ToArray();
        var rows = outputs.Length == 1 ? outputs[0] : cat(outputs, 0);
        return pass.Groups.Order is { } order ? rows.index_select(0, order) : rows;
    }

    // Shape (rows of the group, heads * head size).
    private Tensor AttendIn(SequenceGroup group, Tensor queries, Tensor keys, Tensor values)
    {
        var (q, k, v) = (Arrange(group, queries, 1), Arrange(group, keys, Repeats), Arrange(group, values, Repeats));
        var window = _window > 0 && _window < group.Length ? VisibleInWindow(group.Length, q.device) : null;
        var attended = _cap is not null ? AttendCapped(q, k, v, window)
            : functional.scaled_dot_product_attention(q, k, v, window, 0, is_casual: window is null);
        return attended.transpose(1, 2).reshape((long)group.Count * group.Length, (long)_model.Heads * _model.HeadSize);
    }

    private int Repeats => _model.Heads / _model.KeyValueHeads;

    // From (T, h, d) to (sequences, heads, length, d), each head repeated.
    private static Tensor Arrange(SequenceGroup group, Tensor tokens, int repeats)
    {
        var (heads, size) = (tokens.size(1), tokens.size(2));
        var rows = group.Rows is { } indices ? tokens.index_select(0, indices) : tokens;
        var arranged = rows.view(group.Count, group.Length, heads, size).transpose(1, 2);
        if (repeats == 1)
            return arranged;
        var repeated = arranged.unsqueeze(2).expand(group.Count, heads, repeats, group.Length, size);
        return repeated.reshape(group.Count, heads * repeats, group.Length, size);
    }

    // Gemma 2: scores become c tanh(s / c), which no fused kernel does; the softmax is taken in 32 bits.
    private Tensor AttendCapped(Tensor q, Tensor k, Tensor v, Tensor? window)
    {
        var (batch, length, size) = (q.size(0) * q.size(1), q.size(2), q.size(3));
        using var scale = (1 / Math.Sqrt(size)).ToScalar();
        var scores = q.reshape(batch, length, size).bmm(k.reshape(batch, length, size).transpose(1, 2)).mul(scale);
        scores = scores.mul(_inverseCap!).tanh().mul(_cap!);
        var hidden = (window ?? Visible(length, q.device)).logical_not();
        var weights = scores.masked_fill(hidden, _minusInfinity).softmax(-1, ScalarType.Float32).to(v.dtype);
        return weights.bmm(v.reshape(batch, length, size)).view(q.size(0), q.size(1), length, size);
    }

    private static Tensor Visible(long length, Device device) => ones([length, length], ScalarType.Bool, device).tril(0);

    // The last tokens as many as the window, itself included.
    private Tensor VisibleInWindow(long length, Device device) => Visible(length, device).triu(1 - _window);

    // Pairs of dimensions lie half a rotary dimension apart; what does not turn stays.
    private static Tensor Turn(Tensor heads, (Tensor Cosines, Tensor Sines) rope)
    {
        var pairs = rope.Cosines.size(1);
        var (cosines, sines) = (rope.Cosines.unsqueeze(1), rope.Sines.unsqueeze(1));
        var (first, second) = (heads.narrow(2, 0, pairs), heads.narrow(2, pairs, pairs));
        var turned = new List<Tensor> { first.mul(cosines).sub(second.mul(sines)), second.mul(cosines).add(first.mul(sines)) };
        if (heads.size(2) > 2 * pairs)
            turned.Add(heads.narrow(2, 2 * pairs, heads.size(2) - 2 * pairs));
        return cat(turned, 2);
    }
}

/// <summary>What attention gave.</summary>
/// <param name="Output">Shape (T, heads * head size).</param>
/// <param name="Graph">The same with its history, when the backward pass is to come.</param>
/// <param name="Inputs">Queries, keys and values as the history begins with them.</param>
/// <param name="QueryWeight">The weight of the norm of queries, when it is in the history.</param>
/// <param name="KeyWeight">The weight of the norm of keys, when it is in the history.</param>
internal sealed record AttendedTensors(Tensor Output, Tensor? Graph, Tensor[] Inputs, Tensor? QueryWeight, Tensor? KeyWeight) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Output.Dispose();
        Graph?.Dispose();
        foreach (var input in Inputs)
            input.Dispose();
        if (QueryWeight is { requires_grad: true })
            QueryWeight.Dispose();
        if (KeyWeight is { requires_grad: true })
            KeyWeight.Dispose();
    }
}
