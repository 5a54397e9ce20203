using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>A prompt and its completion as one exchange of user and assistant in the chat template.</summary>
internal sealed class ChatExchangeFormat(DataSource source, ChatTemplate template)
    : RowFormat(source, ("prompt", "prompt"), ("input", "input"), ("completion", "completion"), ("system", "system"))
{
    /// <inheritdoc/>
    protected override RenderedRow? Render(RowFields row)
    {
        if (!row.Has("completion"))
            throw Missing(row, "completion");
        if (!row.Has("prompt"))
            throw Missing(row, "prompt");
        var prompt = row.FindText("prompt") ?? "";
        if (row.FindText("input") is { Length: > 0 } input)
            prompt = prompt.Length > 0 ? $"{prompt}\n{input}" : input;
        var completion = row.FindText("completion");
        if (string.IsNullOrWhiteSpace(completion))
            return null;
        var conversation = new Conversation(row);
        if (row.FindText("system") is { Length: > 0 } system)
            conversation.Add("system", system, isLearned: false);
        conversation.Add("user", prompt, isLearned: false);
        conversation.Add("assistant", completion, isLearned: true);
        return conversation.Render(template);
    }
}
