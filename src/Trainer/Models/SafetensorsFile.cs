using System.IO.MemoryMappedFiles;

namespace LoraLint.Trainer.Models;

/// <summary>
/// A safetensors file in memory as far as it is read: its header is checked, its tensors are mapped, nothing is copied.
/// </summary>
/// <remarks>
/// The file must not be cut short while it is open: the system ends a process that reads a mapped page without a file behind it.
/// Reading from several threads is safe.
/// </remarks>
public sealed unsafe class SafetensorsFile : IWeights, IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, SafetensorsEntry> _entries = new(StringComparer.Ordinal);
    private readonly byte* _data;

    private SafetensorsFile(string path, MemoryMappedFile file, MemoryMappedViewAccessor view, byte* start, long length)
    {
        Path = path;
        _file = file;
        _view = view;
        var header = SafetensorsHeader.Read(path, start, length);
        _data = start + header.DataStart;
        Entries = header.Entries;
        Metadata = header.Metadata;
        foreach (var entry in header.Entries)
            _entries.Add(entry.Name, entry);
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>All tensors in the order of their data, whatever their type.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>What the writer noted, such as <c>format</c>: <c>pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="TrainerException">The file cannot be read or breaks the format.</exception>
    public static SafetensorsFile Open(string path)
    {
        MemoryMappedFile? file = null;
        MemoryMappedViewAccessor? view = null;
        byte* start = null;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            var length = stream.Length;
            if (length < SafetensorsHeader.LengthBytes)
                throw new TrainerException($"{path}: has {length} bytes, too few for a safetensors file; copy or download it again");
            file = MemoryMappedFile.CreateFromFile(
                stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            return new SafetensorsFile(path, file, view, start + view.PointerOffset, length);
        }
        catch (Exception exception)
        {
            if (start is not null)
                view!.SafeMemoryMappedViewHandle.ReleasePointer();
            view?.Dispose();
            file?.Dispose();
            if (exception is FileNotFoundException or DirectoryNotFoundException)
                throw new TrainerException($"{path}: there is no such file", exception);
            if (exception is IOException or UnauthorizedAccessException)
                throw new TrainerException($"{path}: cannot be read: {exception.Message.TrimEnd('.')}", exception);
            throw;
        }
    }

    /// <summary>Whether there is a tensor of the name, of whatever type.</summary>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>What the header says of a tensor, or null when there is none of the name.</summary>
    public SafetensorsEntry? FindEntry(string name) => _entries.GetValueOrDefault(name);

    /// <inheritdoc/>
    /// <exception cref="TrainerException">The tensor is there in a type that cannot be computed with.</exception>
    public StoredTensor? Find(string name)
    {
        if (!_entries.TryGetValue(name, out var entry))
            return null;
        if (entry.StorageType is not { } type)
        {
            throw new TrainerException(
                $"{Path}: tensor {name} is stored as {entry.Type}, which is not supported; use a copy of the model in F32, BF16 or F16");
        }

        var shape = new int[entry.Shape.Length];
        for (var i = 0; i < shape.Length; i++)
        {
            shape[i] = entry.Shape[i] <= int.MaxValue ? (int)entry.Shape[i]
                : throw new TrainerException(
                    $"{Path}: tensor {name} has a dimension of {entry.Shape[i]}, which is more than {int.MaxValue}");
        }

        return new StoredTensor(name, type, shape, (nint)(_data + entry.Start));
    }

    /// <summary>The bytes of a tensor of whatever type, from an offset in it. Less than asked for only at its end.</summary>
    internal ReadOnlySpan<byte> Bytes(SafetensorsEntry entry, long offset, int count) =>
        new(_data + entry.Start + offset, (int)Math.Min(count, entry.Length - offset));

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}

/// <summary>A tensor as the header of a file tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type as the format spells it: <c>F32</c>, <c>BF16</c>, <c>I64</c> ...</param>
/// <param name="Shape">Its shape; empty for a scalar.</param>
/// <param name="Start">Its first byte, counted from the first byte of all data.</param>
/// <param name="Length">Its bytes.</param>
public sealed record SafetensorsEntry(string Name, string Type, long[] Shape, long Start, long Length)
{
    /// <summary>The type, or null when it is none that models are computed in.</summary>
    public StorageType? StorageType => Type switch
    {
        "F32" => Models.StorageType.Float32,
        "BF16" => Models.StorageType.BFloat16,
        "F16" => Models.StorageType.Float16,
        _ => null,
    };
}
