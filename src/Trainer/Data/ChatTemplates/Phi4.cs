namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Phi-4: ChatML with a separator token in place of line breaks.</summary>
internal sealed class Phi4 : ChatTemplate
{
    public override string Name => "phi-4";

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        foreach (var message in messages)
        {
            text.Prompt($"<|im_start|>{message.Role}<|im_sep|>");
            if (message.Role == "assistant")
                text.Answer($"{message.Content}<|im_end|>");
            else
                text.Prompt($"{message.Content}<|im_end|>");
        }
        if (addGenerationPrompt)
            text.Prompt("<|im_start|>assistant<|im_sep|>");
    }
}
