using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>A model's weights with some replaced by others in memory: what PiSSA and OLoRA leave of them.</summary>
public sealed unsafe class ResidualWeights(IWeights original) : IWeights, IDisposable
{
    private readonly Dictionary<string, StoredTensor> _changed = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public StoredTensor? Find(string name) => _changed.GetValueOrDefault(name) ?? original.Find(name);

    /// <summary>Puts values in place of a tensor, rounded to its own type. Its shape stays.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="readRow">Fills a row; called from several threads.</param>
    /// <param name="threads">Threads that work.</param>
    internal void Replace(string name, Action<int, Span<float>> readRow, int threads)
    {
        var tensor = original.Find(name) ?? throw new ArgumentException($"there is no {name}", nameof(name));
        var columns = tensor.Shape[1];
        var rowBytes = columns * SafetensorsWriter.BytesOf(tensor.Type);
        var data = (byte*)NativeMemory.AlignedAlloc((nuint)tensor.Shape[0] * (nuint)rowBytes, 64);
        _changed.Add(name, tensor with { Data = (nint)data });
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads };
        Parallel.For(0, tensor.Shape[0], options, () => new float[columns], (row, _, values) =>
        {
            readRow(row, values);
            Rounding.Encode(values, tensor.Type, new Span<byte>(data + ((long)row * rowBytes), rowBytes));
            return values;
        }, _ => { });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _changed.Values)
            NativeMemory.AlignedFree((void*)tensor.Data);
        _changed.Clear();
    }
}
