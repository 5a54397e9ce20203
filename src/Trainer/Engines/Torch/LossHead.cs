using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>
/// From the last layer's output to the loss, for the supervised positions alone: norm, output head, cross-entropy. A chunk of rows has its
/// logits computed, replaced by their gradients and multiplied back before the next chunk, so that tokens times vocabulary never lie in
/// memory at once. Logits are taken in 32 bits.
/// </summary>
internal sealed class LossHead : IDisposable
{
    /// <summary>Bytes of a chunk of logits: large products are fast ones, and a few such chunks fit everywhere.</summary>
    private const long GpuChunkBytes = 512 << 20, CpuChunkBytes = 64 << 20;

    private readonly Scalar? _cap;
    private readonly Scalar? _inverseCap;
    private readonly Scalar _one = 1.0.ToScalar();
    private readonly Scalar _minusOne = (-1.0).ToScalar();

    /// <param name="norm">The final norm.</param>
    /// <param name="head">The output head.</param>
    /// <param name="softcap">Logits become c tanh(l / c); 0 for not.</param>
    public LossHead(Norm norm, Linear head, double softcap)
    {
        (Norm, Head) = (norm, head);
        if (softcap > 0)
            (_cap, _inverseCap) = (softcap.ToScalar(), (1 / softcap).ToScalar());
    }

    /// <summary>The final norm.</summary>
    public Norm Norm { get; }

    /// <summary>The output head.</summary>
    public Linear Head { get; }

    /// <summary>Adds the losses in nats to a sum, and gives the gradient of the hidden states when it is wanted.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="hidden">Hidden states of the supervised positions, shape (N, hidden).</param>
    /// <param name="targets">Token ids, shape (N).</param>
    /// <param name="sum">Takes the sum of losses, shape (1), in 64 bits.</param>
    /// <param name="scale">What the gradient is multiplied by; null when nothing is trained in this pass.</param>
    /// <param name="needsHiddenGradient">Whether that of the hidden states is wanted.</param>
    public Tensor? Run(Pass pass, Tensor hidden, Tensor targets, Tensor sum, double? scale, bool needsHiddenGradient)
    {
        using var scope = NewDisposeScope();
        using var factor = (scale ?? 0).ToScalar();
        var normed = Norm.Forward(pass, hidden);
        var needsNormed = scale is not null && (needsHiddenGradient || Norm.IsTrained);
        var wantsGradient = needsNormed || (scale is not null && Head.IsTrained);
        var dNormed = needsNormed ? empty_like(normed) : null;
        var rows = hidden.size(0);
        var most = Math.Max(1, (pass.Device.type == DeviceType.CPU ? CpuChunkBytes : GpuChunkBytes) / (4L * Head.Frozen.Rows));
        for (var first = 0L; first < rows; first += most)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(most, rows - first);
            var chunk = normed.narrow(0, first, count);
            var logits = Logits(pass, chunk, out var kept);
            var target = targets.narrow(0, first, count).unsqueeze(1);
            var normalizer = logits.logsumexp(1, keepdim: true);
            sum.add_(normalizer.sub(logits.gather(1, target)).sum(ScalarType.Float64));
            if (wantsGradient)
            {
                var gradient = Differentiate(logits, normalizer, target, factor).to(chunk.dtype);
                if (Head.Backward(pass, chunk, gradient, kept, null, needsNormed) is { } dChunk)
                    dNormed!.narrow(0, first, count).copy_(dChunk);
            }

            kept?.Dispose();
        }

        if (dNormed is null)
            return null;
        var dHidden = Norm.Backward(hidden, dNormed);
        return needsHiddenGradient ? dHidden.MoveToOuterDisposeScope() : null;
    }

    /// <summary>The logits of rows in 32 bits, behind the softcap.</summary>
    public Tensor ComputeLogits(Pass pass, Tensor hidden)
    {
        using var scope = NewDisposeScope();
        var logits = Logits(pass, Norm.Forward(pass, hidden), out var kept);
        kept?.Dispose();
        return logits.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Norm.Dispose();
        Head.Dispose();
        foreach (var scalar in new[] { _cap, _inverseCap, _one, _minusOne })
            scalar?.Dispose();
    }

    private Tensor Logits(Pass pass, Tensor normed, out AdapterTensors? kept)
    {
        var logits = Head.Forward(pass, normed, out kept).to(ScalarType.Float32);
        return _cap is null ? logits : logits.mul_(_inverseCap!).tanh_().mul_(_cap);
    }

    // d loss / d logit = softmax - 1 at the target, times 1 - (logit / c)^2 with a softcap.
    private Tensor Differentiate(Tensor logits, Tensor normalizer, Tensor target, Scalar factor)
    {
        var slope = _cap is null ? null : logits.mul(_inverseCap!);
        var gradient = logits.sub_(normalizer).exp_();
        gradient.scatter_add_(1, target, full_like(target, _minusOne, ScalarType.Float32));
        if (slope is not null)
            gradient.mul_(slope.mul_(slope).neg_().add_(_one));
        return gradient.mul_(factor);
    }
}
