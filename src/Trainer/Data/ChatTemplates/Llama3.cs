namespace LoraLint.Trainer.Data.ChatTemplates;

/// <summary>
/// Llama 3, and from 3.1 on with a system message that tells two dates. Where 3.2 and 3.3 write the day of the call, the day that their
/// template falls back to is written here: what a model learns from must not depend on the day of the run.
/// </summary>
internal sealed class Llama3(string name, bool hasDates) : ChatTemplate
{
    public override string Name => name;

    private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
    {
        text.Prompt("<|begin_of_text|>");
        var rest = messages;
        if (hasDates)
        {
            (var system, rest) = TakeSystem(messages);
            text.Prompt("<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"
                + $"{system?.Trim()}<|eot_id|>");
        }
        foreach (var message in rest)
        {
            text.Prompt($"<|start_header_id|>{message.Role}<|end_header_id|>\n\n");
            if (message.Role == "assistant")
                text.Answer($"{message.Content.Trim()}<|eot_id|>");
            else
                text.Prompt($"{message.Content.Trim()}<|eot_id|>");
        }
        if (addGenerationPrompt)
            text.Prompt("<|start_header_id|>assistant<|end_header_id|>\n\n");
    }
}
