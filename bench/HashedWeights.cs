using System.Runtime.InteropServices;
using LoraLint.Trainer.Models;

namespace LoraLint.Benchmarks;

/// <summary>
/// Weights of a model in bf16 with a deviation of 0.02; norms of ones. Value i of the model's tensor n is number n * <see cref="Stride"/> +
/// i of one sequence of numbers.
/// </summary>
internal sealed unsafe class HashedWeights : IWeights, IDisposable
{
    /// <summary>Numbers between the beginnings of two tensors: whole cache lines, and no multiple of a row.</summary>
    public const int Stride = 4128;

    private readonly Dictionary<string, StoredTensor> _tensors = [];
    private readonly List<nint> _blocks = [];

    /// <param name="model">The model's description.</param>
    /// <param name="sharesMemory">
    /// All tensors point into one block that is little larger than the largest of them, for an engine that copies each to its device
    /// anyway: the host of a model of 16 GB then needs 1 GB. Each begins at another place, since an engine knows a tensor that embedding
    /// and head share by its address. An engine that reads weights where they lie would find the same few lines in its caches again and
    /// again, so it gets memory of its own for each.
    /// </param>
    public HashedWeights(ModelConfig model, bool sharesMemory)
    {
        var tensors = ModelLayout.Tensors(model).ToList();
        var shared = sharesMemory ? Allocate(0, tensors.Max(tensor => Length(tensor.Shape)) + (long)Stride * tensors.Count) : null;
        for (var n = 0; n < tensors.Count; n++)
        {
            var (name, shape) = tensors[n];
            var data = shape.Length == 1 ? AllocateOnes(shape[0])
                : shared is not null ? shared + (long)n * Stride
                : Allocate((long)n * Stride, Length(shape));
            _tensors.Add(name, new StoredTensor(name, StorageType.BFloat16, shape, (nint)data));
        }
    }

    /// <inheritdoc/>
    public StoredTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var block in _blocks)
            NativeMemory.AlignedFree((void*)block);
    }

    private ushort* Allocate(long first, long length)
    {
        const float deviation = 0.02f;
        var scale = deviation * MathF.Sqrt(3);
        var data = Reserve(length);
        const long piece = 1 << 20;
        Parallel.For(0, (length + piece - 1) / piece, number =>
        {
            for (var i = number * piece; i < Math.Min(length, (number + 1) * piece); i++)
                data[i] = Rounding.ToBFloat16(scale * HashedNumbers.UnitAt(HashedNumbers.Weights, first + i));
        });
        return data;
    }

    private ushort* AllocateOnes(int length)
    {
        var data = Reserve(length);
        new Span<ushort>(data, length).Fill(Rounding.ToBFloat16(1));
        return data;
    }

    private ushort* Reserve(long length)
    {
        var data = (ushort*)NativeMemory.AlignedAlloc(checked((nuint)length * sizeof(ushort)), 64);
        _blocks.Add((nint)data);
        return data;
    }

    private static long Length(int[] shape) => shape.Aggregate(1L, (product, size) => product * size);
}
