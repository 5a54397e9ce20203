using System.Globalization;

namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>What a run takes of a device's memory at its peak, in parts, with the band that it is expected in.</summary>
/// <param name="Parts">The parts; together they are the centre of the band.</param>
/// <param name="Low">Bytes that the run takes at least.</param>
/// <param name="High">Bytes that it hardly goes beyond.</param>
public sealed record MemoryEstimate(IReadOnlyList<MemoryPart> Parts, long Low, long High)
{
    /// <summary>The centre of the band, bytes.</summary>
    public long Total => Parts.Sum(part => part.Bytes);

    /// <summary>The parts in words: <c>base weights 3.2 GB, activations 1.1 GB</c>.</summary>
    public string InParts() => string.Join(", ", Parts.Where(part => part.Bytes > 0).Select(part => $"{part.Name} {Shown(part.Bytes)}"));

    /// <summary>The centre and the band in words: <c>about 5.2 GB (4.7 GB to 6.0 GB)</c>.</summary>
    public string InBrief() => $"about {Shown(Total)} ({Shown(Low)} to {Shown(High)})";

    /// <summary>Bytes in words; GB are 1e9 bytes, as cards are sold.</summary>
    public static string Shown(long bytes) => bytes < 1_000_000_000
        ? string.Format(CultureInfo.InvariantCulture, "{0:0} MB", bytes / 1e6)
        : string.Format(CultureInfo.InvariantCulture, "{0:0.0} GB", bytes / 1e9);
}

/// <summary>A part of an estimate.</summary>
/// <param name="Name">In words.</param>
/// <param name="Bytes">0 or more.</param>
public sealed record MemoryPart(string Name, long Bytes);
