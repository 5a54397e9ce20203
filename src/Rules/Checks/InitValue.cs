using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>PEFT's <c>init_lora_weights</c> by the keys of the formats that hand it on as written.</summary>
internal static class InitValue
{
    /// <summary>The formats that have it.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["peft", "axolotl", "ms-swift", "python"];

    /// <summary>Its entry, null values included, or null when it is not written.</summary>
    public static ConfigEntry? Find(CheckContext context) => context.Read.Find(KeyOf(context));

    /// <summary>Its key in the format.</summary>
    public static string KeyOf(CheckContext context) => context.Format.Name switch
    {
        "axolotl" => "peft_init_lora_weights",
        "ms-swift" => "init_weights",
        _ => "init_lora_weights",
    };

    /// <summary>Whether PEFT takes the word (tuners/lora/layer.py:288-312, 325-343, 453).</summary>
    public static bool IsKnown(string word)
    {
        if (word.StartsWith("pissa", StringComparison.Ordinal))
        {
            var parts = word.Split(["_niter_"], StringSplitOptions.None);
            return word == "pissa" || (parts.Length == 2 && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _));
        }

        return word is "eva" or "orthogonal" or "lora_ga" or "loftq" || word.StartsWith("corda", StringComparison.Ordinal)
            || word.ToLowerInvariant() is "gaussian" or "olora" or "mica";
    }
}
