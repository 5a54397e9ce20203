using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// How frozen weights lie in memory: where the files are mapped as a rule. Copies are made of 32-bit weights that shall be rounded to
/// bf16; each tensor is copied once, also when embedding and head share it.
/// </summary>
internal sealed unsafe class FrozenStorage(EngineOptions options) : IDisposable
{
    private readonly Dictionary<nint, (NativeBuffer Memory, StoredTensor Tensor)> _rounded = [];

    /// <summary>A weight that stays in its own precision under quantization: embedding, head, modules trained in full.</summary>
    public FrozenMatrix OpenTable(StoredTensor tensor) => new StoredMatrix(Round(tensor));

    /// <summary>A linear layer's weight: in 4 bits under quantization.</summary>
    public FrozenMatrix OpenLinear(StoredTensor tensor) => OpenTable(tensor);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (memory, _) in _rounded.Values)
            memory.Dispose();
    }

    /// <summary>Rounds a 32-bit tensor to bf16, to the nearest and ties to even, when that is wanted.</summary>
    private StoredTensor Round(StoredTensor tensor)
    {
        if (options.KeepFloat32 || tensor.Type != StorageType.Float32)
            return tensor;
        if (_rounded.TryGetValue(tensor.Data, out var known))
            return known.Tensor;
        var memory = new NativeBuffer((tensor.Length + 1) / 2, zeroed: false);
        var source = (uint*)tensor.Data;
        var target = (ushort*)memory.Data;
        for (var i = 0L; i < tensor.Length; i++)
            target[i] = (ushort)((source[i] + 0x7FFF + ((source[i] >> 16) & 1)) >> 16);
        var rounded = tensor with { Type = StorageType.BFloat16, Data = (nint)memory.Data };
        _rounded.Add(tensor.Data, (memory, rounded));
        return rounded;
    }
}
