namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>
/// Mistral's instruction formats, which differ in spaces. From v3 on the system message stands in the last user message: the one that the
/// answer in question replies to.
/// </summary>
/// <param name="name">The template's name.</param>
/// <param name="opening">In front of a user message.</param>
/// <param name="closing">Behind it.</param>
/// <param name="answerPrefix">What an answer begins with.</param>
/// <param name="systemInLast">Whether the system message goes into the last user message instead of the first.</param>
internal sealed class Mistral(string name, string opening, string closing, string answerPrefix, bool systemInLast) : ChatTemplate
{
    public override string Name => name;

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        var (system, rest) = TakeSystem(messages);
        RequireTurns(rest);
        var holder = systemInLast ? (rest.Count - 1) / 2 * 2 : 0;
        text.Prompt("<s>");
        for (var i = 0; i < rest.Count; i++)
        {
            var content = rest[i].Content;
            if (rest[i].Role == "user")
                text.Prompt($"{opening}{(i == holder && system is not null ? system + "\n\n" : "")}{content}{closing}");
            else
                text.Answer($"{answerPrefix}{(name == "mistral-v3" ? content.Trim() : content)}</s>");
        }
    }
}
