using System.Runtime.InteropServices;

namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>Native memory for 32-bit values, aligned to a cache line, which the garbage collector neither moves nor scans.</summary>
/// <remarks>Freed by Dispose, or when the object is collected. Views of it do not keep it alive.</remarks>
public sealed unsafe class NativeBuffer : SafeHandle
{
    /// <summary>Bytes of a cache line, and of the widest vector.</summary>
    public const int Alignment = 64;

    /// <summary>Memory for <paramref name="length"/> values.</summary>
    /// <param name="length">0 or more.</param>
    /// <param name="zeroed">Whether the values start as 0; else they are whatever was there.</param>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public NativeBuffer(long length, bool zeroed = true) : base(0, ownsHandle: true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        var bytes = checked((nuint)length * sizeof(float));
        SetHandle((nint)NativeMemory.AlignedAlloc(Math.Max(bytes, 1), Alignment));
        if (zeroed)
            NativeMemory.Clear(Data, bytes);
    }

    /// <summary>Number of values.</summary>
    public long Length { get; }

    /// <summary>The first value.</summary>
    public float* Data => (float*)handle;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>A matrix without gaps that starts at a value of this memory.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="offset">Index of its first value.</param>
    public Matrix View(int rows, int columns, long offset = 0)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + (long)rows * columns, Length, nameof(offset));
        return new(Data + offset, rows, columns);
    }

    /// <summary>Sets all values to zero.</summary>
    public void Clear()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        NativeMemory.Clear(Data, (nuint)Length * sizeof(float));
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
