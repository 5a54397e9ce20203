namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>How a model family writes a conversation as one text.</summary>
public abstract class ChatTemplate
{
    /// <summary>The name under which configs choose it, such as <c>llama-3</c>.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Writes a conversation. The text carries all special tokens: it is encoded with <c>addSpecialTokens: false</c>.
    /// </summary>
    /// <param name="messages">At least one; system messages first.</param>
    /// <param name="addGenerationPrompt">Whether the header of the next answer is added, for a model to go on from.</param>
    /// <returns>The text in order; neighbours differ in <see cref="ChatSegment.IsAnswer"/>.</returns>
    /// <exception cref="TrainerException">The family's template has no place for these messages.</exception>
    public IReadOnlyList<ChatSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        var text = new ChatText();
        Write(messages, addGenerationPrompt, text);
        return text.Segments;
    }

    /// <summary>The template of a name.</summary>
    /// <exception cref="TrainerException">None has it.</exception>
    public static ChatTemplate ByName(string name) =>
        All.FirstOrDefault(template => template.Name == name)
        ?? throw new TrainerException(
            $"Chat template '{name}' is not known; write one of {string.Join(", ", All.Select(template => template.Name))}");

    /// <summary>Every named template.</summary>
    public static IReadOnlyList<ChatTemplate> All { get; } = [new ChatMl("chatml", defaultSystem: null)];

    private protected abstract void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text);
}
