namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>ChatML: every turn between <c>&lt;|im_start|&gt;role</c> and <c>&lt;|im_end|&gt;</c>.</summary>
/// <param name="name">The template's name.</param>
/// <param name="defaultSystem">The system message of a conversation that has none; null for not any.</param>
internal sealed class ChatMl(string name, string? defaultSystem) : ChatTemplate
{
    public override string Name => name;

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        if (defaultSystem is not null && (messages.Count == 0 || messages[0].Role != "system"))
            text.Prompt($"<|im_start|>system\n{defaultSystem}<|im_end|>\n");
        foreach (var message in messages)
        {
            text.Prompt($"<|im_start|>{message.Role}\n");
            if (message.Role == "assistant")
                text.Answer(message.Content + "<|im_end|>");
            else
                text.Prompt(message.Content + "<|im_end|>");
            text.Prompt("\n");
        }
        if (addGenerationPrompt)
            text.Prompt("<|im_start|>assistant\n");
    }
}
