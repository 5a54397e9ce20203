namespace LoraLint.Rules.Knowledge.Versions;

/// <summary>The Python packages behind the formats, by the names that requirements have for them.</summary>
public static class PackageNames
{
    private static readonly Dictionary<string, string> s_ofFormats = new(StringComparer.Ordinal)
    {
        ["axolotl"] = "axolotl", ["llama-factory"] = "llamafactory", ["peft"] = "peft", ["trl"] = "trl", ["ms-swift"] = "ms-swift",
        ["torchtune"] = "torchtune", ["litgpt"] = "litgpt", ["mlx-lm"] = "mlx-lm", ["deepspeed"] = "deepspeed",
        ["accelerate"] = "accelerate", ["unsloth"] = "unsloth", ["python"] = "peft",
    };

    /// <summary>The packages that a config of a format runs on and that versions are looked up for, its own framework first.</summary>
    public static IReadOnlyList<string> Behind(string format)
    {
        if (Of(format) is not { } own)
            return [];
        return format is "deepspeed" or "accelerate" or "litgpt" or "mlx-lm" or "torchtune" ? [own]
            : [own, .. new[] { "transformers", "peft", "trl" }.Where(p => p != own && (p != "trl" || format is "python" or "unsloth"))];
    }

    /// <summary>The package of a format's framework, or null when it is no package.</summary>
    public static string? Of(string format) => s_ofFormats.TryGetValue(format, out var package) ? package : null;

    /// <summary>
    /// The package whose version a mark in a key table is. Trainers take keys over from transformers, whose versions have two numbers there
    /// from 4 on; their own have three or start lower.
    /// </summary>
    public static string? OfMark(string format, string version) =>
        format is "trl" or "llama-factory" or "ms-swift" && version[0] is '4' or '5' && version.Count(c => c == '.') == 1
            ? "transformers" : Of(format);

    /// <summary>A name in the one spelling that PEP 503 gives it: small letters, dashes.</summary>
    public static string Normalize(string name)
    {
        var result = new System.Text.StringBuilder(name.Length);
        foreach (var c in name.Trim())
        {
            var next = c is '_' or '.' ? '-' : char.ToLowerInvariant(c);
            if (next != '-' || (result.Length > 0 && result[result.Length - 1] != '-'))
                result.Append(next);
        }

        return result.ToString();
    }
}
