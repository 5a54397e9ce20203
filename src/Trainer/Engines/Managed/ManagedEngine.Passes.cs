using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

public sealed partial class ManagedEngine
{
    /// <summary>Arranges the memory of a pass and tells the layers about it.</summary>
    private unsafe void Begin(TokenBatch batch, int headRows, int logitRows, Dropout dropout, bool backward, bool usesAdapter)
    {
        _activations.Arrange(batch.Length, headRows, logitRows, dropout.IsActive, backward, _options.GradientCheckpointing);
        _pass.Starts = batch.Starts;
        _pass.UsesAdapter = usesAdapter;
        _pass.Dropout = dropout;
        _pass.FirstRow = 0;
        _pass.Scratch = _activations.LinearScratch;
        _pass.Cache = null;
        var positions = CountPositions(batch);
        foreach (var rope in _network.Ropes)
            rope.Arrange(positions, batch.Starts, length: tokens => tokens);
    }

    /// <summary>The forward pass from tokens to the last layer's output.</summary>
    private void RunLayers(TokenBatch batch)
    {
        _network.Embedding.Forward(_pass, batch.Tokens, _activations.Stream[0], _activations.EmbeddingReduced);
        _activations.RunLayers(_pass);
    }

    /// <summary>
    /// The backward pass from the gradient of the last layer's output down to the lowest layer that is trained. Layers that share their
    /// tensors are computed again from their input first; the last one's are still there.
    /// </summary>
    private void RunLayersBackward(int lowest)
    {
        var a = _activations;
        var last = _network.Layers.Count - 1;
        for (var i = last; i >= lowest; i--)
        {
            if (_options.GradientCheckpointing && i < last)
                _network.Layers[i].Recompute(_pass, a.Stream[i], a.Kept[i], a.Scratch);
            var needsInputGradient = i > lowest || _network.Embedding.IsTrained;
            _network.Layers[i].Backward(_pass, a.Stream[i], a.Gradient, a.Kept[i], a.Scratch, needsInputGradient);
        }
    }

    /// <summary>Copies rows of the last layer's output to the head.</summary>
    private void GatherRows(int[] rows)
    {
        var (source, target) = (_activations.Stream[^1], _activations.Head.Hidden);
        for (var i = 0; i < rows.Length; i++)
            source.RowSpan(rows[i]).CopyTo(target.RowSpan(i));
    }

    /// <summary>Copies the head's gradients back to their rows; other rows have none.</summary>
    private void ScatterRows(int[] rows)
    {
        var (source, target) = (_activations.Head.DHidden, _activations.Gradient);
        target.Clear();
        for (var i = 0; i < rows.Length; i++)
            source.RowSpan(i).CopyTo(target.RowSpan(rows[i]));
    }

    private static (int[] Rows, int[] Targets) FindSupervised(TokenBatch batch)
    {
        var rows = Enumerable.Range(0, batch.Length).Where(row => batch.Targets[row] != TokenBatch.Ignored).ToArray();
        return (rows, [.. rows.Select(row => batch.Targets[row])]);
    }

    private static int[] CountPositions(TokenBatch batch)
    {
        var positions = new int[batch.Length];
        for (var sequence = 0; sequence < batch.Sequences; sequence++)
            for (var i = batch.Starts[sequence]; i < batch.Starts[sequence + 1]; i++)
                positions[i] = i - batch.Starts[sequence];
        return positions;
    }

    /// <summary>Copies what is trained in full from the base, and the norms of its rows to the magnitudes.</summary>
    private unsafe void CopyInitialValues()
    {
        using var scratch = new NativeBuffer(_network.ScratchLength(0, 0, drops: false, backward: false), zeroed: false);
        _pass.Scratch = scratch.Data;
        _network.Embedding.CopyInitialValues();
        foreach (var linear in _network.Linears)
            linear.CopyInitialValues(_pass);
        foreach (var norm in _network.Norms)
            norm.CopyInitialValues();
        _parameters.Touch();
    }
}
