namespace LoraLint.Rules.Knowledge.Memory;

/// <summary>A card that models are trained on.</summary>
/// <param name="Name">As people call it: <c>rtx-4090</c>, <c>a100-80gb</c>.</param>
/// <param name="Bytes">Memory that a process can have.</param>
/// <param name="HasBf16">Whether it computes in bf16: NVIDIA's do from compute capability 8.0 on.</param>
public sealed record Gpu(string Name, long Bytes, bool HasBf16);

/// <summary>
/// Cards by name, with the memory of their data sheets. Of the GDDR6 of data-centre cards error correction takes a sixteenth, as it has no
/// bits of its own there; HBM has.
/// </summary>
public static class GpuCatalog
{
    private const long GiB = 1L << 30;

    private static readonly Gpu[] s_all =
    [
        Old("p100", 16), Old("v100-16gb", 16), Old("v100-32gb", 32), Corrected("t4", 16, hasBf16: false),
        Of("a100-40gb", 40), Of("a100-80gb", 80), Of("a30", 24), Corrected("a10", 24), Corrected("a10g", 24), Corrected("a40", 48),
        Corrected("l4", 24), Corrected("l40", 48), Corrected("l40s", 48),
        Of("h100", 79.6), Of("h100-nvl", 94), Of("h200", 140), Of("gh200", 96), Of("b200", 179),
        Of("rtx-a4000", 16), Of("rtx-a5000", 24), Of("rtx-a6000", 48), Of("rtx-6000-ada", 48), Of("rtx-pro-6000", 96),
        Old("rtx-2080-ti", 11), Of("rtx-3060", 12), Of("rtx-3070", 8), Of("rtx-3080", 10), Of("rtx-3090", 24),
        Of("rtx-4060", 8), Of("rtx-4060-ti-16gb", 16), Of("rtx-4070", 12), Of("rtx-4070-ti-super", 16), Of("rtx-4080", 16),
        Of("rtx-4090", 24), Of("rtx-5060-ti-16gb", 16), Of("rtx-5070", 12), Of("rtx-5070-ti", 16), Of("rtx-5080", 16), Of("rtx-5090", 32),
        Of("mi210", 64), Of("mi250x", 64), Of("mi300x", 192), Of("mi325x", 256),
    ];

    private static readonly Dictionary<string, string> s_alsoCalled = new(StringComparer.Ordinal)
    {
        ["a100"] = "a100-40gb", ["a10040gb"] = "a100-40gb", ["a10080gb"] = "a100-80gb", ["h10080gb"] = "h100", ["v100"] = "v100-16gb",
        ["a6000"] = "rtx-a6000", ["6000ada"] = "rtx-6000-ada", ["a5000"] = "rtx-a5000", ["a4000"] = "rtx-a4000",
    };

    private static readonly Dictionary<string, Gpu> s_byName = ByName();

    /// <summary>All cards, older ones of a kind first.</summary>
    public static IReadOnlyList<Gpu> All => s_all;

    /// <summary>
    /// A card by its name, or by its memory as <see cref="CardMemory"/> reads it. Case, spaces, hyphens, the maker's name and the brand do
    /// not matter: <c>4090</c>, <c>RTX 4090</c> and <c>NVIDIA GeForce RTX 4090</c> are the same. A name that stands for cards of two sizes
    /// is the smaller one. Null for anything else.
    /// </summary>
    public static Gpu? Find(string text)
    {
        if (FindByName(text) is { } gpu)
            return gpu;
        return CardMemory.TryParse(text, out var bytes) ? new Gpu("the card", bytes, HasBf16: true) : null;
    }

    /// <summary>A card by its name alone, or null.</summary>
    public static Gpu? FindByName(string text) => text.Length < 64 && s_byName.TryGetValue(Plain(text), out var gpu) ? gpu : null;

    private static Dictionary<string, Gpu> ByName()
    {
        var names = s_all.ToDictionary(g => Plain(g.Name), StringComparer.Ordinal);
        foreach (var other in s_alsoCalled)
            names[Plain(other.Key)] = names[Plain(other.Value)];
        return names;
    }

    private static string Plain(string name)
    {
        var plain = string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
        foreach (var prefix in new[] { "nvidia", "amd", "instinct", "tesla", "geforce", "quadro", "rtx" })
        {
            if (plain.StartsWith(prefix, StringComparison.Ordinal))
                plain = plain.Substring(prefix.Length);
        }

        return plain;
    }

    private static Gpu Of(string name, double gigabytes) => new(name, (long)(gigabytes * GiB), HasBf16: true);

    private static Gpu Old(string name, double gigabytes) => new(name, (long)(gigabytes * GiB), HasBf16: false);

    private static Gpu Corrected(string name, long gigabytes, bool hasBf16 = true) => new(name, gigabytes * GiB * 15 / 16, hasBf16);
}
