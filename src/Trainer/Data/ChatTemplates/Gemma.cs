namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>
/// Gemma: the assistant is called model. Gemma 1 and 2 know no system message, Gemma 3 puts it before the first user's words.
/// </summary>
internal sealed class Gemma(string name, bool foldsSystem) : ChatTemplate
{
    public override string Name => name;

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        var (system, rest) = TakeSystem(messages);
        if (system is not null && !foldsSystem)
            throw Misfit("has no system message; put its text into the first user message, or write gemma-3 where the model is one");
        RequireTurns(rest);
        text.Prompt("<bos>");
        for (var i = 0; i < rest.Count; i++)
        {
            var content = rest[i].Content.Trim();
            if (rest[i].Role == "assistant")
            {
                text.Prompt("<start_of_turn>model\n");
                text.Answer($"{content}<end_of_turn>");
            }
            else
            {
                text.Prompt($"<start_of_turn>user\n{(i == 0 && system is not null ? system + "\n\n" : "")}{content}<end_of_turn>");
            }
            text.Prompt("\n");
        }
        if (addGenerationPrompt)
            text.Prompt("<start_of_turn>model\n");
    }
}
