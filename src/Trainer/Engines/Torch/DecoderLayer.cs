using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// A decoder layer: <c>m = x + O(attention(QKV(norm(x))))</c> and <c>y = m + Down(act(Gate(norm(m))) Up(norm(m)))</c>, with further norms
/// behind attention and feed-forward part for Gemma. Norms and gate are computed again in the backward pass from what lies before them.
/// </summary>
internal sealed class DecoderLayer : IDisposable
{
    /// <summary>Projections to queries, keys and values: three layers, or one.</summary>
    public required IReadOnlyList<Linear> QueryKeyValue { get; init; }

    /// <summary>Widths of queries, keys and values.</summary>
    public required long[] Widths { get; init; }

    /// <summary>The output projection of attention.</summary>
    public required Linear Output { get; init; }

    /// <summary>Gate and up: two layers, or one.</summary>
    public required IReadOnlyList<Linear> GateUp { get; init; }

    /// <summary>Width inside of the feed-forward part.</summary>
    public required long Intermediate { get; init; }

    /// <summary>The last product.</summary>
    public required Linear Down { get; init; }

    /// <summary>Before attention.</summary>
    public required Norm InputNorm { get; init; }

    /// <summary>Behind attention; Gemma only.</summary>
    public Norm? PostAttentionNorm { get; init; }

    /// <summary>Before the feed-forward part.</summary>
    public required Norm MlpNorm { get; init; }

    /// <summary>Behind the feed-forward part; Gemma only.</summary>
    public Norm? PostMlpNorm { get; init; }

    /// <summary>Norm of queries.</summary>
    public Norm? QueryNorm { get; init; }

    /// <summary>Norm of keys.</summary>
    public Norm? KeyNorm { get; init; }

    /// <summary>Attention between the projections.</summary>
    public required Attention Attention { get; init; }

    /// <summary>The gate.</summary>
    public required Gate Gate { get; init; }

    /// <summary>All linear layers.</summary>
    public IEnumerable<Linear> Linears => [.. QueryKeyValue, Output, .. GateUp, Down];

    /// <summary>All norms.</summary>
    public IEnumerable<Norm> Norms => new[] { InputNorm, PostAttentionNorm, MlpNorm, PostMlpNorm, QueryNorm, KeyNorm }.OfType<Norm>();

    /// <summary>Whether anything in it is trained.</summary>
    public bool IsTrained => Linears.Any(linear => linear.IsTrained) || Norms.Any(norm => norm.IsTrained);

    // Whether anything from the input to the middle is.
    private bool TrainsAttention =>
        QueryKeyValue.Append(Output).Any(linear => linear.IsTrained) || InputNorm.IsTrained || PostAttentionNorm is { IsTrained: true }
        || Attention.IsTrained;

    /// <summary>Computes the output, shape (T, hidden).</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">Input.</param>
    /// <param name="kept">What the backward pass needs is put there; null when none comes.</param>
    public Tensor Forward(Pass pass, Tensor x, LayerTensors? kept)
    {
        using var scope = NewDisposeScope();
        var parts = Project(pass, QueryKeyValue, Widths, InputNorm.Forward(pass, x), kept?.QueryKeyValue);
        var attended = Attention.Forward(pass, parts[0], parts[1], parts[2], differentiates: kept is not null);
        var a = Output.Forward(pass, attended.Output, out var outputTensors);
        var m = (PostAttentionNorm?.Forward(pass, a) ?? a.alias()).add_(x);

        long[] widths = [Intermediate, Intermediate];
        var gateUp = Project(pass, GateUp, widths, MlpNorm.Forward(pass, m), kept?.GateUp);
        var d = Down.Forward(pass, Gate.Forward(gateUp[0], gateUp[1]), out var downTensors);
        var y = (PostMlpNorm?.Forward(pass, d) ?? d.alias()).add_(m);
        if (kept is null)
        {
            attended.Dispose();
            outputTensors?.Dispose();
            downTensors?.Dispose();
            return y.MoveToOuterDisposeScope();
        }

        (kept.Attended, kept.Output, kept.Down) = (attended, outputTensors, downTensors);
        kept.Middle = m.DetachFromDisposeScope();
        (kept.Gate, kept.Up) = (gateUp[0].DetachFromDisposeScope(), gateUp[1].DetachFromDisposeScope());
        kept.AttentionOutput = PostAttentionNorm is null ? null : a.DetachFromDisposeScope();
        kept.MlpOutput = PostMlpNorm is null ? null : d.DetachFromDisposeScope();
        return y.MoveToOuterDisposeScope();
    }

    /// <summary>Adds to the gradients of what is trained in this layer, and gives the gradient of its input.</summary>
    /// <param name="pass">The pass, as in the forward pass.</param>
    /// <param name="x">Input of the forward pass.</param>
    /// <param name="gradient">Of the output; overwritten.</param>
    /// <param name="kept">Of the forward pass; used up.</param>
    /// <param name="needsInputGradient">Whether anything below is trained.</param>
    /// <returns>The input's gradient; null when nobody needs it.</returns>
    public Tensor? Backward(Pass pass, Tensor x, Tensor gradient, LayerTensors kept, bool needsInputGradient)
    {
        using var scope = NewDisposeScope();
        var reachesAttention = needsInputGradient || TrainsAttention;
        var dm = ConvertBackward(pass, gradient, kept, reachesAttention);
        return reachesAttention ? AttendBackward(pass, x, dm, kept, needsInputGradient)?.MoveToOuterDisposeScope() : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var linear in Linears)
            linear.Dispose();
        foreach (var norm in Norms)
            norm.Dispose();
        Attention.Dispose();
        Gate.Dispose();
    }

    /// <summary>The feed-forward part: from the gradient of the output to that of the middle.</summary>
    private Tensor ConvertBackward(Pass pass, Tensor gradient, LayerTensors kept, bool needsMiddleGradient)
    {
        using var scope = NewDisposeScope();
        var dDown = PostMlpNorm?.Backward(kept.MlpOutput!, gradient) ?? gradient;
        var needsNormed = needsMiddleGradient || MlpNorm.IsTrained;
        var needsMore = needsNormed || GateUp.Any(linear => linear.IsTrained);
        using var gate = Gate.Recompute(kept.Gate!, kept.Up!);
        var dh = Down.Backward(pass, gate.Output, dDown, kept.Down, null, needsMore);
        if (dh is null)
            return gradient;
        var (dGate, dUp) = Gate.Backward(gate, dh);
        var normed = GateUp.Any(linear => linear.NeedsInput) ? MlpNorm.Forward(pass, kept.Middle!) : null;
        var dNormed = ProjectBackward(pass, GateUp, normed, [dGate, dUp], kept.GateUp, needsNormed);
        return dNormed is null ? gradient : gradient.add_(MlpNorm.Backward(kept.Middle!, dNormed));
    }

    /// <summary>Attention: from the gradient of the middle to that of the input.</summary>
    private Tensor? AttendBackward(Pass pass, Tensor x, Tensor gradient, LayerTensors kept, bool needsInputGradient)
    {
        var dOutput = PostAttentionNorm?.Backward(kept.AttentionOutput!, gradient) ?? gradient;
        var needsNormed = needsInputGradient || InputNorm.IsTrained;
        var needsMore = needsNormed || QueryKeyValue.Any(linear => linear.IsTrained) || Attention.IsTrained;
        var dAttended = Output.Backward(pass, kept.Attended!.Output, dOutput, kept.Output, null, needsMore);
        if (dAttended is null)
            return null;
        var (dQueries, dKeys, dValues) = Attention.Backward(kept.Attended, dAttended);
        var normed = QueryKeyValue.Any(linear => linear.NeedsInput) ? InputNorm.Forward(pass, x) : null;
        var dNormed = ProjectBackward(pass, QueryKeyValue, normed, [dQueries, dKeys, dValues], kept.QueryKeyValue, needsNormed);
        if (dNormed is null)
            return null;
        var dx = InputNorm.Backward(x, dNormed);
        return needsInputGradient ? dx.add_(gradient) : null;
    }

    /// <summary>Projections of one input, and their outputs in parts.</summary>
    private static Tensor[] Project(Pass pass, IReadOnlyList<Linear> linears, long[] widths, Tensor input, List<AdapterTensors?>? kept)
    {
        var outputs = new List<Tensor>();
        foreach (var linear in linears)
        {
            outputs.Add(linear.Forward(pass, input, out var tensors));
            if (kept is null)
                tensors?.Dispose();
            else
                kept.Add(tensors);
        }

        if (outputs.Count == widths.Length)
            return [.. outputs];
        var parts = new Tensor[widths.Length];
        var column = 0L;
        for (var i = 0; i < parts.Length; column += widths[i++])
            parts[i] = outputs[0].narrow(1, column, widths[i]).contiguous();
        return parts;
    }

    /// <summary>Gradients of projections of one input, and the input's.</summary>
    private static Tensor? ProjectBackward(
        Pass pass, IReadOnlyList<Linear> linears, Tensor? input, Tensor[] gradients, List<AdapterTensors?> kept, bool needsGradient)
    {
        if (linears.Count == 1)
            gradients = [cat(gradients, 1)];
        Tensor? sum = null;
        for (var i = 0; i < linears.Count; i++)
            sum = linears[i].Backward(pass, input, gradients[i], kept[i], sum, needsGradient);
        return sum;
    }
}

/// <summary>What a layer keeps from the forward for the backward pass.</summary>
internal sealed class LayerTensors : IDisposable
{
    /// <summary>Of the adapters on queries, keys and values.</summary>
    public List<AdapterTensors?> QueryKeyValue { get; } = [];

    /// <summary>Of attention.</summary>
    public AttendedTensors? Attended { get; set; }

    /// <summary>Of the adapter on the output projection.</summary>
    public AdapterTensors? Output { get; set; }

    /// <summary>The output projection's output, where a norm follows.</summary>
    public Tensor? AttentionOutput { get; set; }

    /// <summary>The sum in the middle of the layer.</summary>
    public Tensor? Middle { get; set; }

    /// <summary>Of the adapters on gate and up.</summary>
    public List<AdapterTensors?> GateUp { get; } = [];

    /// <summary>The gate's projection.</summary>
    public Tensor? Gate { get; set; }

    /// <summary>The other one.</summary>
    public Tensor? Up { get; set; }

    /// <summary>Of the adapter on the last product.</summary>
    public AdapterTensors? Down { get; set; }

    /// <summary>The last product, where a norm follows.</summary>
    public Tensor? MlpOutput { get; set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var kept in new IDisposable?[] { Attended, Output, AttentionOutput, Middle, Gate, Up, Down, MlpOutput })
            kept?.Dispose();
        foreach (var kept in QueryKeyValue.Concat(GateUp))
            kept?.Dispose();
    }
}
