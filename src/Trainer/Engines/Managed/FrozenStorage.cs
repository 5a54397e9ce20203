using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Quantization;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// How frozen weights lie in memory: where the files are mapped as a rule. Copies are made of linear layers under quantization, and of
/// 32-bit weights that shall be rounded to bf16; a tensor that embedding and head share is copied once.
/// </summary>
internal sealed unsafe class FrozenStorage(EngineOptions options) : IDisposable
{
    private readonly Dictionary<nint, (NativeBuffer Memory, StoredTensor Tensor)> _rounded = [];

    /// <summary>A weight that 4-bit quantization passes over, as transformers does: embedding, head, and modules trained in full.</summary>
    public FrozenMatrix OpenTable(StoredTensor tensor) => new StoredMatrix(Round(tensor));

    /// <summary>A linear layer's weight.</summary>
    public FrozenMatrix OpenLinear(StoredTensor tensor)
    {
        if (options.Quantization is not { } quantization)
            return OpenTable(tensor);
        var type = FourBitType.Find(quantization.Type);
        var quantized = QuantizedTensor.Quantize(tensor, type, quantization.Double, options.Threads);
        return new QuantizedMatrix(quantized, tensor.Shape[0], tensor.Shape[1]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (memory, _) in _rounded.Values)
            memory.Dispose();
    }

    /// <summary>Rounds a 32-bit tensor to bf16 when that is wanted.</summary>
    private StoredTensor Round(StoredTensor tensor)
    {
        if (options.KeepFloat32 || tensor.Type != StorageType.Float32)
            return tensor;
        if (_rounded.TryGetValue(tensor.Data, out var known))
            return known.Tensor;
        var memory = new NativeBuffer((tensor.Length + 1) / 2, zeroed: false);
        var source = (float*)tensor.Data;
        var target = (ushort*)memory.Data;
        for (var i = 0L; i < tensor.Length; i++)
            target[i] = Rounding.ToBFloat16(source[i]);
        var rounded = tensor with { Type = StorageType.BFloat16, Data = (nint)memory.Data };
        _rounded.Add(tensor.Data, (memory, rounded));
        return rounded;
    }
}
