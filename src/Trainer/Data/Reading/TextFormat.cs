using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>A document a row, of which every token is learned, as for continued pre-training.</summary>
internal sealed class TextFormat(DataSource source) : RowFormat(source, ("text", "text"))
{
    /// <inheritdoc/>
    protected override RenderedRow? Render(RowFields row)
    {
        if (!row.Has("text"))
            throw Missing(row, "text");
        var text = row.FindText("text");
        return string.IsNullOrWhiteSpace(text)
            ? null
            : new RenderedRow([new ChatSegment(text, IsAnswer: true)], HasSpecialTokens: false, IsDocument: true);
    }
}
