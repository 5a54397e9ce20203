using System.Runtime.InteropServices;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Engines;

/// <summary>Weights in memory: what a model's files would hold.</summary>
public sealed unsafe class MemoryWeights : IWeights, IDisposable
{
    private readonly Dictionary<string, StoredTensor> _tensors = [];

    /// <summary>Adds a tensor, rounded to the type.</summary>
    public void Add(string name, int[] shape, float[] values, StorageType type = StorageType.Float32)
    {
        var size = type == StorageType.Float32 ? 4 : 2;
        var data = (byte*)NativeMemory.AlignedAlloc((nuint)(values.Length * size), 64);
        for (var i = 0; i < values.Length; i++)
        {
            switch (type)
            {
                case StorageType.Float32:
                    ((float*)data)[i] = values[i];
                    break;
                case StorageType.BFloat16:
                    ((ushort*)data)[i] = (ushort)((BitConverter.SingleToUInt32Bits(values[i]) + 0x8000) >> 16);
                    break;
                default:
                    ((Half*)data)[i] = (Half)values[i];
                    break;
            }
        }

        _tensors.Add(name, new StoredTensor(name, type, shape, (nint)data));
    }

    public StoredTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    public void Remove(string name)
    {
        if (_tensors.Remove(name, out var tensor))
            NativeMemory.AlignedFree((void*)tensor.Data);
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
            NativeMemory.AlignedFree((void*)tensor.Data);
        _tensors.Clear();
    }
}
