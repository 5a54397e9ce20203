namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>
/// Qwen3: ChatML whose last answer carries its reasoning in a think block, an empty one when there is none. Reasoning of answers before
/// the last question is left out. The block is part of the answer: the model writes it.
/// </summary>
internal sealed class Qwen3 : ChatTemplate
{
    public override string Name => "qwen-3";

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        var lastQuestion = messages.Count - 1;
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i].Role != "user" || IsToolResponse(messages[i].Content))
                continue;
            lastQuestion = i;
            break;
        }
        for (var i = 0; i < messages.Count; i++)
        {
            var (role, content) = messages[i];
            text.Prompt($"<|im_start|>{role}\n");
            if (role == "assistant")
                text.Answer(Answer(content, i > lastQuestion, i == messages.Count - 1) + "<|im_end|>");
            else
                text.Prompt($"{content}<|im_end|>");
            text.Prompt("\n");
        }
        if (addGenerationPrompt)
            text.Prompt("<|im_start|>assistant\n");
    }

    private static string Answer(string content, bool isNew, bool isLast)
    {
        const string open = "<think>";
        const string close = "</think>";
        var reasoning = "";
        if (content.Contains(close, StringComparison.Ordinal))
        {
            reasoning = content[..content.IndexOf(close, StringComparison.Ordinal)].TrimEnd('\n');
            var start = reasoning.LastIndexOf(open, StringComparison.Ordinal);
            reasoning = (start < 0 ? reasoning : reasoning[(start + open.Length)..]).TrimStart('\n');
            content = content[(content.LastIndexOf(close, StringComparison.Ordinal) + close.Length)..].TrimStart('\n');
        }
        return isNew && (isLast || reasoning.Length > 0)
            ? $"{open}\n{reasoning.Trim('\n')}\n{close}\n\n{content.TrimStart('\n')}"
            : content;
    }

    private static bool IsToolResponse(string content) => content.StartsWith("<tool_response>", StringComparison.Ordinal)
        && content.EndsWith("</tool_response>", StringComparison.Ordinal);
}
