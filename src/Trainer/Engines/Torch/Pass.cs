using TorchSharp;
using static TorchSharp.torch;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>What all layers see of a pass over a micro batch.</summary>
internal sealed class Pass
{
    /// <summary>Where it is computed.</summary>
    public required Device Device { get; init; }

    /// <summary>The precision of activations.</summary>
    public required ScalarType Precision { get; init; }

    /// <summary>Which tokens attend to which.</summary>
    public required SequenceGroups Groups { get; init; }

    /// <summary>Cosines and sines for each rotary embedding of the model, each of shape (T, pairs).</summary>
    public required IReadOnlyList<(Tensor Cosines, Tensor Sines)> Ropes { get; init; }

    /// <summary>Whether adapters and trained weights count; else the base model is computed.</summary>
    public bool UsesAdapter { get; init; } = true;

    /// <summary>The dropout probability before A; 0 for none.</summary>
    public double Dropout { get; init; }

    /// <summary>Names the masks of this micro batch.</summary>
    public ulong DropoutKey { get; init; }

    /// <summary>Shown the input of each adapted layer, when somebody looks.</summary>
    public Action<int, Tensor>? Capture { get; init; }

    /// <summary>
    /// The values that dropout keeps, as ones of shape <paramref name="shape"/>. The same module has the same mask again in the backward
    /// pass: it is drawn again rather than kept.
    /// </summary>
    public Tensor DrawMask(int module, long[] shape)
    {
        var seed = (long)(SplitMix64.Mix(DropoutKey ^ SplitMix64.Mix((ulong)module + 1)) & long.MaxValue);
        using var generator = manual_seed(seed);
        if (Device.type == DeviceType.CUDA)
            cuda.manual_seed_all(seed);
        return empty(shape, ScalarType.Bool, Device).bernoulli_(1 - Dropout);
    }
}
