namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Phi-3: turns end with &lt;|end|&gt;, a whole conversation with &lt;|endoftext|&gt;.</summary>
internal sealed class Phi3 : ChatTemplate
{
    public override string Name => "phi-3";

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        foreach (var message in messages)
        {
            text.Prompt($"<|{message.Role}|>\n");
            if (message.Role == "assistant")
                text.Answer($"{message.Content}<|end|>");
            else
                text.Prompt($"{message.Content}<|end|>");
            text.Prompt("\n");
        }
        text.Prompt(addGenerationPrompt ? "<|assistant|>\n" : "<|endoftext|>");
    }
}
