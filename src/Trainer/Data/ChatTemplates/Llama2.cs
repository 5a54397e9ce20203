namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>Llama 2: each exchange is a sequence of its own; the system message stands inside of the first user message.</summary>
internal sealed class Llama2 : ChatTemplate
{
    public override string Name => "llama-2";

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        var (system, rest) = TakeSystem(messages);
        RequireTurns(rest);
        for (var i = 0; i < rest.Count; i++)
        {
            var content = i == 0 && system is not null ? $"<<SYS>>\n{system}\n<</SYS>>\n\n{rest[i].Content}" : rest[i].Content;
            if (rest[i].Role == "assistant")
                text.Answer($" {content.Trim()} </s>");
            else
                text.Prompt($"<s>[INST] {content.Trim()} [/INST]");
        }
    }
}
