using LoraLint.Advisor.Advice.Suggesting;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Knowledge.Guidance;

namespace LoraLint.Tests.Advice.Suggesting;

public sealed class InterviewTests
{
    private static readonly Interview.Known s_nothing = new(null, null, null, null, null);

    [Fact]
    public void What_options_did_not_tell_is_asked()
    {
        var answers = Ask(s_nothing, out var shown, "meta-llama/Llama-3.1-8B", "3", "rows.jsonl", "4090", "3");
        Assert.Equal(new Answers("meta-llama/Llama-3.1-8B", AdvisedTask.Classification, "rows.jsonl", "4090", "trl"), answers);
        Assert.Contains("  3  classification: labels, fields out of texts\n", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void What_options_told_is_not_asked()
    {
        var known = new Interview.Known("a/b", AdvisedTask.Style, "rows.jsonl", "t4", "peft");
        Assert.Equal(new Answers("a/b", AdvisedTask.Style, "rows.jsonl", "t4", "peft"), Ask(known, out var shown));
        Assert.Equal("", shown);
    }

    [Fact]
    public void An_empty_answer_means_none_and_what_does_not_fit_is_asked_for_again()
    {
        var answers = Ask(s_nothing, out var shown, "", "a/b", "0", "x", "", "", "voodoo", "24GB", "");
        Assert.Equal(new Answers("a/b", AdvisedTask.Instructions, null, "24GB", "axolotl"), answers);
        foreach (var remedy in new[] { "something is needed", "a number from 1 to 7", "its memory will do" })
            Assert.Contains(remedy, shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Answers_that_end_are_a_clear_error() =>
        Assert.Contains(
            "use options", Assert.Throws<UserMistakeException>(() => Ask(s_nothing, out _, "a/b")).Message, StringComparison.Ordinal);

    private static Answers Ask(Interview.Known known, out string shown, params string[] lines)
    {
        using var questions = new StringWriter { NewLine = "\n" };
        try
        {
            return Interview.Ask(questions, new StringReader(string.Concat(lines.Select(l => l + "\n"))), known);
        }
        finally
        {
            shown = questions.ToString();
        }
    }
}
