using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Formats;

/// <summary>The type of a written value in the terms of key tables.</summary>
public static class ValueTypes
{
    /// <summary>The type that the format's loader gives a value; any when it cannot be known.</summary>
    public static KeyTypes Of(SettingReader read, ConfigNode node)
    {
        if (node.IsUnknown)
            return KeyTypes.Any;
        if (!node.IsScalar)
            return node.IsMapping ? KeyTypes.Map : KeyTypes.List;
        return read.Dialect.Read(node).Kind switch
        {
            ConfigValueKind.Null => KeyTypes.Null,
            ConfigValueKind.Bool => KeyTypes.Bool,
            ConfigValueKind.Int => KeyTypes.Int,
            ConfigValueKind.Float => KeyTypes.Float,
            ConfigValueKind.String => KeyTypes.String,
            _ => KeyTypes.Any,
        };
    }

    /// <summary>Types for people: <c>a number or text</c>. No value is not named; empty when nothing else is taken.</summary>
    public static string Name(KeyTypes types)
    {
        var words = new List<string>();
        if ((types & KeyTypes.Bool) != 0)
            words.Add("true or false");
        if ((types & KeyTypes.Float) != 0)
            words.Add("a number");
        else if ((types & KeyTypes.Int) != 0)
            words.Add("a whole number");
        if ((types & KeyTypes.String) != 0)
            words.Add("text");
        if ((types & KeyTypes.List) != 0)
            words.Add("a list");
        if ((types & KeyTypes.Map) != 0)
            words.Add("a mapping");
        return string.Join(" or ", words);
    }

    /// <summary>A key's types and default for people: <c>a whole number, default 512</c>.</summary>
    public static string Describe(KeyInfo key)
    {
        var types = key.Types == KeyTypes.Any ? "" : Name(key.Types);
        var value = key.Default is null or "null" ? "" : "default " + key.Default;
        return types.Length > 0 && value.Length > 0 ? types + ", " + value : types + value;
    }
}
