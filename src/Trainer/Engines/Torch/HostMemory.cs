using System.Runtime.InteropServices;
using LoraLint.Trainer.Models;
using TorchSharp;
using static TorchSharp.torch;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace LoraLint.Trainer.Engines.Torch;

/// <summary>Moves values between .NET, files mapped into memory and a device.</summary>
internal static unsafe class HostMemory
{
    /// <summary>Bytes that travel at a time: a GPU gets them through memory that is pinned once.</summary>
    private const int PieceBytes = 64 << 20;

    /// <summary>Copies a tensor of 32-bit values out.</summary>
    public static void Read(Tensor source, Span<float> values)
    {
        using var scope = NewDisposeScope();
        var host = source.to(ScalarType.Float32).cpu().contiguous();
        MemoryMarshal.Cast<byte, float>(host.bytes).CopyTo(values);
    }

    /// <summary>Copies values into a tensor of 32-bit values.</summary>
    public static void Write(ReadOnlySpan<float> values, Tensor target)
    {
        using var host = empty([values.Length], ScalarType.Float32);
        MemoryMarshal.AsBytes(values).CopyTo(host.bytes);
        target.copy_(host);
    }

    /// <summary>
    /// A tensor of whole numbers on a device. A GPU fetches it while this thread goes on, from pinned memory that nothing else is written
    /// to: libtorch gives it to somebody else only when the copy is done.
    /// </summary>
    public static Tensor Upload(ReadOnlySpan<long> values, Device device)
    {
        var host = empty([values.Length], ScalarType.Int64);
        MemoryMarshal.AsBytes(values).CopyTo(host.bytes);
        return device.type == DeviceType.CPU ? host : host.pin_memory().to(device, non_blocking: true);
    }

    /// <summary>A tensor of bytes on a device.</summary>
    public static Tensor Upload(ReadOnlySpan<byte> values, Device device)
    {
        var target = empty([values.Length], ScalarType.Byte, device);
        fixed (byte* data = values)
        {
            var source = data;
            Fill(target, device, (start, bytes) => new ReadOnlySpan<byte>(source + start, bytes.Length).CopyTo(bytes));
        }

        return target;
    }

    /// <summary>A tensor of 32-bit values on a device.</summary>
    public static Tensor Upload(ReadOnlySpan<float> values, Device device)
    {
        var target = empty([values.Length], ScalarType.Float32, device);
        if (values.Length > 0)
            Write(values, target);
        return target;
    }

    /// <summary>A stored tensor on a device in a precision, read from where the file is mapped without a copy in between.</summary>
    public static Tensor Upload(StoredTensor tensor, ScalarType precision, Device device)
    {
        using var flat = empty([tensor.Length], precision, device);
        var isSame = (tensor.Type, precision) is (StorageType.Float32, ScalarType.Float32) or (StorageType.BFloat16, ScalarType.BFloat16)
            or (StorageType.Float16, ScalarType.Float16);
        var floats = isSame ? [] : new float[1 << 16];
        Fill(flat, device, (start, bytes) =>
        {
            if (isSame)
                new ReadOnlySpan<byte>((byte*)tensor.Data + start, bytes.Length).CopyTo(bytes);
            else
                Convert(tensor, start / SizeOf(precision), precision, bytes, floats);
        });
        return flat.view([.. tensor.Shape.Select(size => (long)size)]);
    }

    /// <summary>Bytes of a value.</summary>
    public static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Float32 => 4,
        ScalarType.BFloat16 or ScalarType.Float16 => 2,
        ScalarType.Byte => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    private delegate void FillPiece(long startByte, Span<byte> bytes);

    private static void Fill(Tensor flat, Device device, FillPiece fill)
    {
        var size = SizeOf(flat.dtype);
        var length = flat.NumberOfElements;
        var piece = Math.Min(length, PieceBytes / size);
        using var scope = NewDisposeScope();
        var staging = device.type == DeviceType.CPU ? null : empty([piece], flat.dtype).pin_memory();
        for (var start = 0L; start < length; start += piece)
        {
            using var inner = NewDisposeScope();
            var count = Math.Min(piece, length - start);
            var target = flat.narrow(0, start, count);
            var host = staging?.narrow(0, 0, count) ?? target;
            fill(start * size, host.bytes);
            if (staging is not null)
                target.copy_(host);
        }
    }

    private static void Convert(StoredTensor tensor, long start, ScalarType precision, Span<byte> bytes, float[] floats)
    {
        if (precision == ScalarType.Float32)
        {
            tensor.CopyTo(start, MemoryMarshal.Cast<byte, float>(bytes));
            return;
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (var i = 0; i < halves.Length; i += floats.Length)
        {
            var part = floats.AsSpan(0, Math.Min(floats.Length, halves.Length - i));
            tensor.CopyTo(start + i, part);
            if (precision == ScalarType.Float16)
            {
                TensorPrimitives.ConvertToHalf(part, MemoryMarshal.Cast<ushort, Half>(halves.Slice(i, part.Length)));
                continue;
            }

            for (var j = 0; j < part.Length; j++)
                halves[i + j] = Rounding.ToBFloat16(part[j]);
        }
    }
}
