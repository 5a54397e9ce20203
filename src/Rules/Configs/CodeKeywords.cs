using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Configs;

/// <summary>Which call of a script takes a keyword.</summary>
internal static class CodeKeywords
{
    /// <summary>The kind of call.</summary>
    public static CodeCallKind KindOf(string key) =>
        key.StartsWith("bnb_", StringComparison.Ordinal) || key.StartsWith("load_in_", StringComparison.Ordinal) ? CodeCallKind.Quantization
        : key is "attn_implementation" or "dtype" or "torch_dtype" or "revision" ? CodeCallKind.Model
        : PeftKeys.Table.Find(key) is not null ? CodeCallKind.Adapter
        : CodeCallKind.Arguments;
}
