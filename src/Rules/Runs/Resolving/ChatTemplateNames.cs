namespace LoraLint.Rules.Runs.Resolving;

/// <summary>Chat templates by the frameworks' names, where they write the same text as the trainer's template of another name.</summary>
internal static class ChatTemplateNames
{
    // axolotl: src/axolotl/utils/chat_templates/templates (067b021c).
    private static readonly Dictionary<string, string> s_axolotl = new(StringComparer.Ordinal)
    {
        ["chatml"] = "chatml", ["llama3"] = "llama-3", ["gemma"] = "gemma", ["gemma3"] = "gemma", ["phi_3"] = "phi-3",
    };

    // LLaMA-Factory: src/llamafactory/data/template.py (ff6d4d12). qwen3_nothink is ChatML without a system message of its own.
    private static readonly Dictionary<string, string> s_llamaFactory = new(StringComparer.Ordinal)
    {
        ["chatml"] = "chatml", ["qwen3_nothink"] = "chatml", ["llama3"] = "llama-3", ["gemma"] = "gemma", ["gemma2"] = "gemma",
    };

    /// <summary>Ours for Axolotl's, or null.</summary>
    public static string? OfAxolotl(string name) => s_axolotl.TryGetValue(name, out var ours) ? ours : null;

    /// <summary>Ours for LLaMA-Factory's, or null.</summary>
    public static string? OfLlamaFactory(string name) => s_llamaFactory.TryGetValue(name, out var ours) ? ours : null;

    /// <summary>Axolotl's names that carry over, for messages.</summary>
    public static string AxolotlNames => string.Join(", ", s_axolotl.Keys);

    /// <summary>LLaMA-Factory's names that carry over, for messages.</summary>
    public static string LlamaFactoryNames => string.Join(", ", s_llamaFactory.Keys);
}
