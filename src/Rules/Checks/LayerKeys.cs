using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>PEFT's choice of layers by the keys of the formats that have it.</summary>
internal static class LayerKeys
{
    /// <summary>The formats that have it.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["peft", "axolotl", "python", CSharpFormat.FormatName];

    /// <summary>The entry of <c>layers_to_transform</c>, null values left out.</summary>
    public static ConfigEntry? Layers(CheckContext context) => Find(context, "layers_to_transform");

    /// <summary>The entry of <c>layers_pattern</c>, null values left out.</summary>
    public static ConfigEntry? Pattern(CheckContext context) => Find(context, "layers_pattern");

    private static ConfigEntry? Find(CheckContext context, string key)
    {
        key = context.Format is CSharpFormat code ? code.KeyOf(key) ?? "" : context.Format.Name == "axolotl" ? "peft_" + key : key;
        return context.Read.Has(key) ? context.Read.Find(key) : null;
    }
}
