using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// From the last layer's output to the loss, for the supervised positions alone: norm, output head, cross-entropy. A chunk of rows has
/// its logits computed, replaced by their gradients and multiplied back before the next chunk, so that tokens times vocabulary never
/// lie in memory at once.
/// </summary>
internal sealed unsafe class LossHead(Norm norm, Linear head, float softcap) : IDisposable
{
    /// <summary>The final norm.</summary>
    public Norm Norm { get; } = norm;

    /// <summary>The output head.</summary>
    public Linear Head { get; } = head;

    /// <summary>Rows of logits that are held at once.</summary>
    public int ChunkRows => OutputHead.ChunkRows(Head.Outputs);

    /// <summary>The sum of the losses in nats, and the gradients of <paramref name="scale"/> times it when they are wanted.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="tensors">With the hidden states of the supervised positions in <see cref="HeadTensors.Hidden"/>.</param>
    /// <param name="targets">Token ids, shape (N).</param>
    /// <param name="scale">What the gradient is multiplied by.</param>
    /// <param name="trains">Whether gradients are wanted: of what is trained here.</param>
    /// <param name="needsHiddenGradient">Whether that of the hidden states is wanted as well, in <see cref="HeadTensors.DHidden"/>.</param>
    public double Run(Pass pass, HeadTensors tensors, ReadOnlySpan<int> targets, float scale, bool trains, bool needsHiddenGradient)
    {
        Norm.Forward(pass, tensors.Hidden, tensors.Normed, tensors.InverseRms);
        var needsNormedGradient = trains && (needsHiddenGradient || Norm.IsTrained);
        var wantsGradient = needsNormedGradient || (trains && Head.IsTrained);
        var loss = 0.0;
        for (var first = 0; first < targets.Length; first += ChunkRows)
        {
            var rows = Math.Min(ChunkRows, targets.Length - first);
            var (normed, logits) = (tensors.Normed.SliceRows(first, rows), tensors.Logits.SliceRows(0, rows));
            pass.FirstRow = first;
            Head.Forward(pass, normed, logits, tensors.Reduced);
            loss += OutputHead.CrossEntropy(pass.Pool, logits, targets.Slice(first, rows), softcap, scale, wantsGradient);
            if (wantsGradient)
            {
                Matrix? gradient = needsNormedGradient ? tensors.DNormed.SliceRows(first, rows) : null;
                Head.Backward(pass, normed, logits, gradient, accumulate: false, tensors.Reduced);
            }
        }

        pass.FirstRow = 0;
        if (needsNormedGradient)
            Norm.Backward(pass, tensors.Hidden, tensors.InverseRms, tensors.DNormed, tensors.DHidden, accumulate: false);
        return loss;
    }

    /// <summary>What the head sees of the rows.</summary>
    public Matrix NormRows(Pass pass, HeadTensors tensors)
    {
        Norm.Forward(pass, tensors.Hidden, tensors.Normed, tensors.InverseRms);
        return tensors.Normed;
    }

    /// <summary>The logits of a few rows, after the softcap.</summary>
    public void ComputeLogits(Pass pass, HeadTensors tensors, Matrix logits)
    {
        Norm.Forward(pass, tensors.Hidden, tensors.Normed, tensors.InverseRms);
        Head.Forward(pass, tensors.Normed, logits, tensors.Reduced);
        if (softcap == 0)
            return;
        pass.Pool.Run(logits.Rows, (row, _) =>
        {
            foreach (ref var value in logits.RowSpan(row))
                value = softcap * MathF.Tanh(value / softcap);
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Norm.Dispose();
        Head.Dispose();
    }
}

/// <summary>Memory of the head for N rows.</summary>
internal sealed unsafe class HeadTensors
{
    /// <summary>Hidden states before the norm, shape (N, hidden).</summary>
    public Matrix Hidden { get; private set; }

    /// <summary>Behind the norm, shape (N, hidden).</summary>
    public Matrix Normed { get; private set; }

    /// <summary>The norm's inverse root mean squares, shape (N).</summary>
    public float* InverseRms { get; private set; }

    /// <summary>Gradient of <see cref="Normed"/>.</summary>
    public Matrix DNormed { get; private set; }

    /// <summary>Gradient of <see cref="Hidden"/>.</summary>
    public Matrix DHidden { get; private set; }

    /// <summary>A chunk of logits, then of their gradients, shape (chunk, vocabulary).</summary>
    public Matrix Logits { get; private set; }

    /// <summary>The reduced input of the head's adapter, shape (chunk, rank).</summary>
    public float* Reduced { get; private set; }

    /// <summary>Takes the memory.</summary>
    /// <param name="arena">Where from.</param>
    /// <param name="head">The head.</param>
    /// <param name="rows">N.</param>
    /// <param name="backward">Whether gradients are computed.</param>
    public void Place(Arena arena, LossHead head, int rows, bool backward)
    {
        Hidden = arena.Take(rows, head.Norm.Size);
        Normed = arena.Take(rows, head.Norm.Size);
        InverseRms = arena.Take(rows);
        DNormed = arena.Take(backward ? rows : 0, head.Norm.Size);
        DHidden = arena.Take(backward ? rows : 0, head.Norm.Size);
        Reduced = arena.Take((long)rows * head.Head.Rank);
    }

    /// <summary>Takes the memory of the logits.</summary>
    /// <param name="arena">Where from.</param>
    /// <param name="head">The head.</param>
    /// <param name="chunk">Rows; 0 when they lie elsewhere.</param>
    public void PlaceLogits(Arena arena, LossHead head, int chunk) => Logits = arena.Take(chunk, head.Head.Outputs);
}
