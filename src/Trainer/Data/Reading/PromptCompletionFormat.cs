using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>A prompt and what comes behind it, joined as they are: a space between the two must be in one of them.</summary>
internal sealed class PromptCompletionFormat(DataSource source)
    : RowFormat(source, ("prompt", "prompt"), ("completion", "completion"))
{
    /// <inheritdoc/>
    protected override RenderedRow? Render(RowFields row)
    {
        if (!row.Has("completion"))
            throw Missing(row, "completion");
        if (!row.Has("prompt"))
            throw Missing(row, "prompt");
        var prompt = row.FindText("prompt") ?? "";
        var completion = row.FindText("completion");
        return string.IsNullOrWhiteSpace(completion)
            ? null
            : new RenderedRow(
                [new ChatSegment(prompt, IsAnswer: false), new ChatSegment(completion, IsAnswer: true)], HasSpecialTokens: false);
    }
}
