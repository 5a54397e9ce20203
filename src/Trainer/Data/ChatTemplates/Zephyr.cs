namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Zephyr, and TinyLlama's chat models: role markers that are plain text, and &lt;/s&gt; behind each turn.</summary>
internal sealed class Zephyr : ChatTemplate
{
    public override string Name => "zephyr";

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        foreach (var message in messages)
        {
            text.Prompt($"<|{message.Role}|>\n");
            if (message.Role == "assistant")
                text.Answer($"{message.Content}</s>");
            else
                text.Prompt($"{message.Content}</s>");
            text.Prompt("\n");
        }
        if (addGenerationPrompt)
            text.Prompt("<|assistant|>\n");
    }
}
