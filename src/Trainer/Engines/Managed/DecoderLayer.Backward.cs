using LoraLint.Trainer.Engines.Managed.Kernels;
using AttentionKernel = LoraLint.Trainer.Engines.Managed.Kernels.Attention;
using RotaryKernel = LoraLint.Trainer.Engines.Managed.Kernels.Rotary;

namespace LoraLint.Trainer.Engines.Managed;

internal sealed partial class DecoderLayer
{
    /// <summary>
    /// Adds to the gradients of what is trained in this layer, and turns the gradient of its output into that of its input.
    /// </summary>
    /// <param name="pass">The pass, as in the forward pass.</param>
    /// <param name="input">Of the forward pass, shape (T, hidden).</param>
    /// <param name="gradient">Of the output; of the input afterwards, if anybody needs that.</param>
    /// <param name="kept">Of the forward pass; overwritten.</param>
    /// <param name="scratch">Memory for the time of this call.</param>
    /// <param name="needsInputGradient">Whether anything below is trained.</param>
    public void Backward(
        Pass pass, Matrix input, Matrix gradient, LayerTensors kept, LayerScratch scratch, bool needsInputGradient)
    {
        var reachesAttention = needsInputGradient || TrainsAttention;
        ConvertBackward(pass, gradient, kept, scratch, reachesAttention);
        if (reachesAttention)
            AttendBackward(pass, input, gradient, kept, scratch, needsInputGradient);
    }

    /// <summary>The feed-forward part: from the gradient of the output to that of the middle.</summary>
    private unsafe void ConvertBackward(Pass pass, Matrix gradient, LayerTensors kept, LayerScratch scratch, bool needsMiddleGradient)
    {
        var (gate, up) = SplitGateUp(kept);
        var dDown = gradient;
        if (PostMlpNorm is { } norm)
        {
            dDown = scratch.Narrow;
            norm.Backward(pass, kept.MlpOutput, kept.InverseRms[3], gradient, dDown, accumulate: false);
        }

        var needsMore = needsMiddleGradient || MlpNorm.IsTrained || GateUp.Any(linear => linear.IsTrained);
        if (Down.NeedsInput)
            Gates.Forward(pass.Pool, Activation, gate, up, scratch.Activated);
        Down.Backward(pass, scratch.Activated, dDown, needsMore ? scratch.DActivated : null, accumulate: false, kept.Reduced[^1]);
        if (!needsMore)
            return;
        Gates.Backward(pass.Pool, Activation, gate, up, scratch.DActivated, gate, up);
        var needsNormedGradient = needsMiddleGradient || MlpNorm.IsTrained;
        ProjectBackward(
            pass, GateUp, QueryKeyValue.Count + 1, MlpNorm, kept.Middle, kept.InverseRms[2], kept.GateUp, kept, scratch,
            needsNormedGradient);
        if (needsNormedGradient)
            MlpNorm.Backward(pass, kept.Middle, kept.InverseRms[2], scratch.Narrow, gradient, accumulate: true);
    }

    /// <summary>Attention: from the gradient of the middle to that of the input.</summary>
    private unsafe void AttendBackward(
        Pass pass, Matrix input, Matrix gradient, LayerTensors kept, LayerScratch scratch, bool needsInputGradient)
    {
        var dOutput = gradient;
        if (PostAttentionNorm is { } norm)
        {
            dOutput = scratch.Narrow;
            norm.Backward(pass, kept.AttentionOutput, kept.InverseRms[1], gradient, dOutput, accumulate: false);
        }

        var needsNormedGradient = needsInputGradient || InputNorm.IsTrained;
        var needsMore = needsNormedGradient || QueryKeyValue.Any(linear => linear.IsTrained)
            || QueryNorm is { IsTrained: true } || KeyNorm is { IsTrained: true };
        var reduced = kept.Reduced[QueryKeyValue.Count];
        Output.Backward(pass, kept.Attended, dOutput, needsMore ? scratch.DAttended : null, accumulate: false, reduced);
        if (!needsMore)
            return;
        AttentionBackward(pass, kept, scratch);
        ProjectBackward(
            pass, QueryKeyValue, 0, InputNorm, input, kept.InverseRms[0], scratch.DQueryKeyValue, kept, scratch, needsNormedGradient);
        if (needsNormedGradient)
            InputNorm.Backward(pass, input, kept.InverseRms[0], scratch.Narrow, gradient, accumulate: true);
    }

    /// <summary>From the gradient of attention's output to that of what the projections gave.</summary>
    private unsafe void AttentionBackward(Pass pass, LayerTensors kept, LayerScratch scratch)
    {
        var (rawQueries, rawKeys, values) = SplitQueryKeyValue(kept.QueryKeyValue);
        var (queries, keys) = QueryNorm is null ? (rawQueries, rawKeys) : TurnForward(pass, kept, scratch);
        var (dQueries, dKeys, dValues) = SplitQueryKeyValue(scratch.DQueryKeyValue);
        AttentionKernel.Backward(
            pass.Pool, Attention, pass.Starts, queries, keys, values, kept.Attended, kept.LogSumExp, scratch.DAttended, dQueries, dKeys,
            dValues);
        if (Rotary is not null)
        {
            RotaryKernel.Apply(pass.Pool, dQueries, Shape.HeadSize, Rotary.Cosines, Rotary.Sines, Rotary.Rows, backward: true);
            RotaryKernel.Apply(pass.Pool, dKeys, Shape.HeadSize, Rotary.Cosines, Rotary.Sines, Rotary.Rows, backward: true);
        }

        if (QueryNorm is null || KeyNorm is null)
            return;

        // The turned queries and keys are dead: the norms' gradients go there and come back.
        QueryNorm.Backward(pass, rawQueries, kept.QueryInverseRms, dQueries, queries, accumulate: false);
        KeyNorm.Backward(pass, rawKeys, kept.KeyInverseRms, dKeys, keys, accumulate: false);
        VectorMath.Copy(pass.Pool, dQueries, queries);
        VectorMath.Copy(pass.Pool, dKeys, keys);
    }

    /// <summary>
    /// Projections of one normed input: their gradients, and in <see cref="LayerScratch.Narrow"/> that of the normed input.
    /// </summary>
    private static unsafe void ProjectBackward(
        Pass pass, IReadOnlyList<Linear> linears, int first, Norm norm, Matrix normInput, float* inverseRms, Matrix dOutput,
        LayerTensors kept, LayerScratch scratch, bool needsGradient)
    {
        if (linears.Any(linear => linear.NeedsInput))
            norm.Forward(pass, normInput, scratch.Normed, inverseRms);
        var column = 0;
        for (var i = 0; i < linears.Count; i++)
        {
            var dPart = dOutput.SliceColumns(column, linears[i].Outputs);
            linears[i].Backward(
                pass, scratch.Normed, dPart, needsGradient ? scratch.Narrow : null, accumulate: i > 0, kept.Reduced[first + i]);
            column += linears[i].Outputs;
        }
    }
}
