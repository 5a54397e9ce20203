using LoraLint.Trainer.Engines.Managed.Kernels;
using AttentionKernel = LoraLint.Trainer.Engines.Managed.Kernels.Attention;
using RotaryKernel = LoraLint.Trainer.Engines.Managed.Kernels.Rotary;

namespace LoraLint.Trainer.Engines.Managed;

internal sealed partial class DecoderLayer
{
    /// <summary>Computes the layer's output.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="input">Shape (T, hidden).</param>
    /// <param name="output">Shape (T, hidden), overwritten; may be the input.</param>
    /// <param name="kept">Takes what the backward pass needs.</param>
    /// <param name="scratch">Memory for the time of this call.</param>
    public void Forward(Pass pass, Matrix input, Matrix output, LayerTensors kept, LayerScratch scratch)
    {
        AttendForward(pass, input, kept, scratch);
        ConvertForward(pass, output, kept, scratch);
    }

    /// <summary>
    /// Computes again what the backward pass needs: all but the output, and without a norm behind it not the last product either.
    /// </summary>
    /// <param name="pass">The pass.</param>
    /// <param name="input">Of the forward pass.</param>
    /// <param name="kept">Takes what the backward pass needs.</param>
    /// <param name="scratch">Memory for the time of this call.</param>
    public void Recompute(Pass pass, Matrix input, LayerTensors kept, LayerScratch scratch)
    {
        AttendForward(pass, input, kept, scratch);
        ConvertForward(pass, null, kept, scratch);
    }

    /// <summary>From the input to the middle: attention.</summary>
    private unsafe void AttendForward(Pass pass, Matrix input, LayerTensors kept, LayerScratch scratch)
    {
        InputNorm.Forward(pass, input, scratch.Normed, kept.InverseRms[0]);
        Project(pass, QueryKeyValue, 0, scratch.Normed, kept.QueryKeyValue, kept);
        var (queries, keys) = TurnForward(pass, kept, scratch);
        var (_, _, values) = SplitQueryKeyValue(kept.QueryKeyValue);
        if (pass.Cache is { } cache)
            cache.Attend(pass, Index, Attention, queries, keys, values, kept.Attended);
        else
            AttentionKernel.Forward(pass.Pool, Attention, pass.Starts, queries, keys, values, kept.Attended, kept.LogSumExp);

        if (PostAttentionNorm is { } norm)
        {
            Output.Forward(pass, kept.Attended, kept.AttentionOutput, kept.Reduced[QueryKeyValue.Count]);
            norm.Forward(pass, kept.AttentionOutput, kept.Middle, kept.InverseRms[1]);
        }
        else
        {
            Output.Forward(pass, kept.Attended, kept.Middle, kept.Reduced[QueryKeyValue.Count]);
        }

        VectorMath.Add(pass.Pool, kept.Middle, input);
    }

    /// <summary>From the middle to the output, if that is wanted: the feed-forward part.</summary>
    private unsafe void ConvertForward(Pass pass, Matrix? output, LayerTensors kept, LayerScratch scratch)
    {
        MlpNorm.Forward(pass, kept.Middle, scratch.Normed, kept.InverseRms[2]);
        Project(pass, GateUp, QueryKeyValue.Count + 1, scratch.Normed, kept.GateUp, kept);
        var (gate, up) = SplitGateUp(kept);
        Gates.Forward(pass.Pool, Activation, gate, up, scratch.Activated);
        if (PostMlpNorm is { } norm)
        {
            Down.Forward(pass, scratch.Activated, kept.MlpOutput, kept.Reduced[^1]);
            norm.Forward(pass, kept.MlpOutput, output ?? scratch.Normed, kept.InverseRms[3]);
        }
        else if (output is { } target)
        {
            Down.Forward(pass, scratch.Activated, target, kept.Reduced[^1]);
        }
        else
        {
            Down.Reduce(pass, scratch.Activated, kept.Reduced[^1]);
        }

        if (output is { } sum)
            VectorMath.Add(pass.Pool, sum, kept.Middle);
    }

    /// <summary>Projections of the same input, side by side.</summary>
    private static unsafe void Project(Pass pass, IReadOnlyList<Linear> linears, int first, Matrix input, Matrix output, LayerTensors kept)
    {
        var column = 0;
        for (var i = 0; i < linears.Count; i++)
        {
            linears[i].Forward(pass, input, output.SliceColumns(column, linears[i].Outputs), kept.Reduced[first + i]);
            column += linears[i].Outputs;
        }
    }

    /// <summary>Norms queries and keys, where the family does, and turns them by their positions.</summary>
    private unsafe (Matrix Queries, Matrix Keys) TurnForward(Pass pass, LayerTensors kept, LayerScratch scratch)
    {
        var (queries, keys, _) = SplitQueryKeyValue(kept.QueryKeyValue);
        if (QueryNorm is not null && KeyNorm is not null)
        {
            var (rawQueries, rawKeys) = (queries, keys);
            (queries, keys) = SplitTurned(scratch);
            QueryNorm.Forward(pass, rawQueries, queries, kept.QueryInverseRms);
            KeyNorm.Forward(pass, rawKeys, keys, kept.KeyInverseRms);
        }

        if (Rotary is not null)
        {
            RotaryKernel.Apply(pass.Pool, queries, Shape.HeadSize, Rotary.Cosines, Rotary.Sines, Rotary.Rows, backward: false);
            RotaryKernel.Apply(pass.Pool, keys, Shape.HeadSize, Rotary.Cosines, Rotary.Sines, Rotary.Rows, backward: false);
        }

        return (queries, keys);
    }

    private (Matrix Queries, Matrix Keys, Matrix Values) SplitQueryKeyValue(Matrix matrix) =>
        (matrix.SliceColumns(0, Shape.QueryWidth), matrix.SliceColumns(Shape.QueryWidth, Shape.KeyWidth),
            matrix.SliceColumns(Shape.QueryWidth + Shape.KeyWidth, Shape.KeyWidth));

    private (Matrix Queries, Matrix Keys) SplitTurned(LayerScratch scratch) =>
        (scratch.Turned.SliceColumns(0, Shape.QueryWidth), scratch.Turned.SliceColumns(Shape.QueryWidth, Shape.KeyWidth));

    private (Matrix Gate, Matrix Up) SplitGateUp(LayerTensors kept) =>
        (kept.GateUp.SliceColumns(0, Shape.Intermediate), kept.GateUp.SliceColumns(Shape.Intermediate, Shape.Intermediate));
}
