namespace LoraLint.Benchmarks;

/// <summary>
/// Numbers that look random and are a function of their place, so that bench/lora_decoder.py has the same ones and the losses of both
/// sides can be compared: the finalizer of MurmurHash3.
/// </summary>
internal static class HashedNumbers
{
    /// <summary>The place of base weights, of matrices A and of tokens.</summary>
    public const uint Weights = 0, Adapters = 1, Tokens = 2;

    /// <summary>An integer.</summary>
    public static uint At(uint kind, long index)
    {
        var hash = unchecked((uint)index) ^ unchecked(kind * 0x9E3779B9);
        hash = unchecked((hash ^ (hash >> 16)) * 0x85EBCA6B);
        hash = unchecked((hash ^ (hash >> 13)) * 0xC2B2AE35);
        return hash ^ (hash >> 16);
    }

    /// <summary>A number from -1 to below 1, evenly distributed.</summary>
    public static float UnitAt(uint kind, long index) => (At(kind, index) >> 8) * (1f / (1 << 23)) - 1;
}
