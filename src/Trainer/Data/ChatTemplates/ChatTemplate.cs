namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>
/// How a model family writes a conversation as one text. The families' own templates are programs in Jinja that can do anything; here are
/// the ones that are known, written out, with what tells an answer from a prompt.
/// </summary>
public abstract class ChatTemplate
{
    /// <summary>Every named template.</summary>
    public static IReadOnlyList<ChatTemplate> All { get; } =
    [
        new ChatMl("chatml", defaultSystem: null),
        new Gemma("gemma", foldsSystem: false),
        new Gemma("gemma-3", foldsSystem: true),
        new Llama2(),
        new Llama3("llama-3", hasDates: false),
        new Llama3("llama-3.1", hasDates: true),
        new Mistral("mistral-v1", opening: " [INST] ", closing: " [/INST]", answerPrefix: " ", systemInLast: false),
        new Mistral("mistral-v3", opening: "[INST] ", closing: "[/INST]", answerPrefix: " ", systemInLast: true),
        new Mistral("mistral-tekken", opening: "[INST]", closing: "[/INST]", answerPrefix: "", systemInLast: true),
        new Phi3(),
        new Phi4(),
        new ChatMl("qwen-2", "You are a helpful assistant."),
        new ChatMl("qwen-2.5", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
        new Qwen3(),
        new ChatMl("smollm2", "You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
        new SmolLm3(),
        new Zephyr(),
    ];

    /// <summary>The name under which configs choose it, such as <c>llama-3</c>.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Writes a conversation. The text carries all special tokens: it is encoded with <c>addSpecialTokens: false</c>.
    /// </summary>
    /// <param name="messages">At least one; the roles are system, user and assistant.</param>
    /// <param name="addGenerationPrompt">Whether the header of the next answer is added, for a model to go on from.</param>
    /// <returns>The text in order; neighbours differ in <see cref="ChatSegment.IsAnswer"/>.</returns>
    /// <exception cref="TrainerException">The family's template has no place for these messages.</exception>
    public IReadOnlyList<ChatSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        if (messages.Count == 0)
            throw new TrainerException("A conversation without messages cannot be written; remove it");
        foreach (var message in messages)
            if (message.Role is not ("system" or "user" or "assistant"))
                throw new TrainerException(
                    $"The role '{message.Role}' has no place in chat template '{Name}'; roles are system, user and assistant");
        var text = new ChatText();
        Write(messages, addGenerationPrompt, text);
        return text.Segments;
    }

    /// <summary>The template of a name. Case, dots, dashes and underscores do not matter: <c>llama3</c> is <c>llama-3</c>.</summary>
    /// <exception cref="TrainerException">None has it.</exception>
    public static ChatTemplate ByName(string name) =>
        All.FirstOrDefault(template => Letters(template.Name) == Letters(name))
        ?? throw new TrainerException($"Chat template '{name}' is not known; write one of {Names}");

    /// <summary>The template that a model's folder holds, recognised by what is peculiar to it.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="TrainerException">There is none, or it is not one of the named.</exception>
    public static ChatTemplate ForModel(string folder)
    {
        var (file, text) = ChatTemplateFile.Read(folder) ?? throw new TrainerException(
            $"{folder}: the model has no chat template; set chat_template to one of {Names}");
        return ChatFingerprint.Recognise(text) is { } name
            ? ByName(name)
            : throw new TrainerException($"{file}: the chat template is none of the known ones; set chat_template to one of {Names}");
    }

    private static string Names => string.Join(", ", All.Select(template => template.Name));

    /// <summary>Writes messages that have been checked for their roles.</summary>
    private protected abstract void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text);

    /// <summary>The error that messages do not fit this template.</summary>
    private protected TrainerException Misfit(string what) => new($"Chat template '{Name}' {what}");

    /// <summary>Throws unless user and assistant take turns, the user first.</summary>
    private protected void RequireTurns(IReadOnlyList<ChatMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
            if (messages[i].Role != (i % 2 == 0 ? "user" : "assistant"))
                throw Misfit($"needs user and assistant in turns, the user first; message {i + 1} behind the system message is of "
                    + $"the {messages[i].Role}");
    }

    /// <summary>The system message in front and what follows it; null when there is none.</summary>
    private protected static (string? System, IReadOnlyList<ChatMessage> Others) TakeSystem(IReadOnlyList<ChatMessage> messages) =>
        messages[0].Role == "system" ? (messages[0].Content, [.. messages.Skip(1)]) : (null, messages);

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
