namespace LoraLint.Rules.Runs.Resolving;

/// <summary>
/// Chat templates by the frameworks' names, where they write the same text as the trainer's template of another name. Those that differ
/// anywhere are left out: in the begin of the sequence (Axolotl's phi_3), in a default system message (LLaMA-Factory's smollm2, Axolotl's
/// phi_4), in where a system message stands (Mistral's from v3 on), in what ends an answer (LLaMA-Factory's gemma2 and llama2).
/// </summary>
public static class ChatTemplateNames
{
    // axolotl: src/axolotl/utils/chat_templates/templates (067b021c).
    private static readonly Dictionary<string, string> s_axolotl = new(StringComparer.Ordinal)
    {
        ["chatml"] = "chatml", ["llama3"] = "llama-3", ["gemma"] = "gemma", ["gemma3"] = "gemma-3", ["mistral_v1"] = "mistral-v1",
        ["phi_35"] = "phi-3", ["qwen_25"] = "qwen-2.5", ["qwen3"] = "qwen-3",
    };

    // LLaMA-Factory: src/llamafactory/data/template.py (ff6d4d12). Its gemma puts a system message before the first user's words, as
    // Gemma 3's template does.
    private static readonly Dictionary<string, string> s_llamaFactory = new(StringComparer.Ordinal)
    {
        ["chatml"] = "chatml", ["smollm"] = "chatml", ["yi"] = "chatml", ["qwen3_nothink"] = "chatml", ["qwen"] = "qwen-2.5",
        ["phi4"] = "phi-4", ["llama3"] = "llama-3", ["gemma"] = "gemma-3", ["gemma3"] = "gemma-3",
    };

    // torchtune: models/llama3/_tokenizer.py (the chat format is the tokenizer's own).
    private static readonly Dictionary<string, string> s_torchtune = new(StringComparer.Ordinal) { ["llama3_tokenizer"] = "llama-3" };

    /// <summary>Ours for Axolotl's, or null.</summary>
    public static string? OfAxolotl(string name) => s_axolotl.TryGetValue(name, out var ours) ? ours : null;

    /// <summary>Ours for LLaMA-Factory's, or null.</summary>
    public static string? OfLlamaFactory(string name) => s_llamaFactory.TryGetValue(name, out var ours) ? ours : null;

    /// <summary>Ours for the format of a tokenizer of torchtune's, or null.</summary>
    public static string? OfTorchtune(string tokenizer) => s_torchtune.TryGetValue(tokenizer, out var ours) ? ours : null;

    /// <summary>Whether a template leaves out the white space around a message, which LLaMA-Factory keeps.</summary>
    public static bool Trims(string ours) => ours is "llama-3" or "gemma-3";

    /// <summary>Axolotl's names that carry over, for messages.</summary>
    public static string AxolotlNames => string.Join(", ", s_axolotl.Keys);

    /// <summary>LLaMA-Factory's names that carry over, for messages.</summary>
    public static string LlamaFactoryNames => string.Join(", ", s_llamaFactory.Keys);

    /// <summary>torchtune's tokenizers whose format carries over, for messages.</summary>
    public static string TorchtuneNames => string.Join(", ", s_torchtune.Keys);

    /// <summary>All names of the trainer that stand for one of a framework's.</summary>
    public static IEnumerable<string> Ours => s_axolotl.Values.Concat(s_llamaFactory.Values).Concat(s_torchtune.Values);
}
