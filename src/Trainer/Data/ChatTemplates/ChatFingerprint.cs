namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Tells which family a Jinja template is of, by what only that family's has. Nothing of it is run.</summary>
internal static class ChatFingerprint
{
    /// <summary>What the text has to have all of, and what it must have nothing of. The first that fits is taken.</summary>
    private static readonly (string Name, string[] Has, string[] Lacks)[] Families =
    [
        ("smollm3", ["<|im_start|>", "Reasoning Mode: ", "/system_override"], []),
        ("phi-4", ["<|im_start|>", "<|im_sep|>"], ["You are Phi", "'<|im_start|>system<|im_sep|>' + system_message"]),
        ("qwen-3", ["<|im_start|>", "last_query_index", "enable_thinking", "reasoning_content.strip("],
            ["preserve_thinking", "render_content", "vision_start"]),
        ("qwen-2.5", ["<|im_start|>", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."], ["vision_start", "<think>"]),
        ("smollm2", ["<|im_start|>", "You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>"], []),
        ("qwen-2", ["<|im_start|>", "You are a helpful assistant.<|im_end|>"], ["vision_start", "<think>", "tool"]),
        ("chatml", ["<|im_start|>", "<|im_end|>", "message['role'] + '\\n' + message['content'] + '<|im_end|>"],
            ["You are", "<think>", "tool"]),
        ("llama-3.1", ["<|start_header_id|>", "<|eot_id|>", "Cutting Knowledge Date: December 2023", "26 Jul 2024"], ["<think>"]),
        ("llama-3", ["<|start_header_id|>", "<|eot_id|>", "message['content'] | trim"], ["Knowledge", "You are", "<think>", "tool"]),
        ("gemma-3", ["<start_of_turn>", "<end_of_turn>", "first_user_prefix"], ["tool"]),
        ("gemma", ["<start_of_turn>", "<end_of_turn>", "System role not supported"], ["tool"]),
        ("llama-2", ["[INST]", "<<SYS>>", "eos_token"], ["You are", "USE_DEFAULT_PROMPT == true"]),
        ("mistral-v1", ["' [INST] ' + ", "' [/INST]'", "' ' + "], ["[SYSTEM_PROMPT]"]),
        ("mistral-v3", ["'[INST] ' + ", "'[/INST]'", "' ' + ", "loop.last and system_message"], ["[SYSTEM_PROMPT]"]),
        ("mistral-tekken", ["'[INST]' + ", "'[/INST]'", "loop.last and system_message"], ["[SYSTEM_PROMPT]", "' ' + "]),
        ("phi-3", ["<|user|>\\n", "<|end|>", "<|assistant|>\\n"], ["You are", "tool", "bos_token"]),
        ("zephyr", ["<|user|>\\n' + message['content'] + eos_token", "<|assistant|>"], ["tool"]),
    ];

    /// <summary>The name of the named template that a Jinja template is, or null.</summary>
    public static string? Recognise(string text)
    {
        // Line breaks and quotes are spelled in more than one way.
        var spelled = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)
            .Replace('"', '\'');
        foreach (var (name, has, lacks) in Families)
            if (has.All(mark => spelled.Contains(mark, StringComparison.Ordinal))
                && !lacks.Any(mark => spelled.Contains(mark, StringComparison.Ordinal)))
                return name;
        return null;
    }
}
