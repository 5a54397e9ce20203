using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>
/// An instruction, perhaps with an input, and its output, in the prompt of Stanford Alpaca (PROMPT_DICT in train.py of
/// tatsu-lab/stanford_alpaca). The output begins on a line of its own, as in the dataset's text column and in Axolotl's AlpacaPrompter;
/// a system column stands in place of the opening sentence, as in Axolotl's SystemDataPrompter.
/// </summary>
internal sealed class AlpacaFormat(DataSource source)
    : RowFormat(source, ("instruction", "instruction"), ("input", "input"), ("output", "output"), ("system", "system"))
{
    private const string Opening = "Below is an instruction that describes a task. "
        + "Write a response that appropriately completes the request.\n\n";

    private const string OpeningWithInput = "Below is an instruction that describes a task, paired with an input that provides further "
        + "context. Write a response that appropriately completes the request.\n\n";

    /// <inheritdoc/>
    protected override RenderedRow? Render(RowFields row)
    {
        if (!row.Has("instruction"))
            throw Missing(row, "instruction");
        if (!row.Has("output"))
            throw Missing(row, "output");
        var instruction = row.FindText("instruction") ?? "";
        var input = row.FindText("input") ?? "";
        var system = row.FindText("system") ?? "";
        var output = row.FindText("output");
        if (string.IsNullOrWhiteSpace(output))
            return null;
        var opening = system.Length > 0 ? $"### System:\n{system}\n\n" : input.Length > 0 ? OpeningWithInput : Opening;
        var context = input.Length > 0 ? $"### Input:\n{input}\n\n" : "";
        var prompt = $"{opening}### Instruction:\n{instruction}\n\n{context}### Response:\n";
        return new RenderedRow(
            [new ChatSegment(prompt, IsAnswer: false), new ChatSegment(output, IsAnswer: true)], HasSpecialTokens: false);
    }
}
