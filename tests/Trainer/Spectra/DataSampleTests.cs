using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Tests.Trainer.Data;
using LoraLint.Trainer;
using LoraLint.Trainer.Spectra;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class DataSampleTests
{
    [Fact]
    public void All_rows_are_drawn_where_there_are_no_more()
    {
        using var scratch = new ScratchFolder();
        var sample = DataSample.Draw([Rows(scratch, "a", 3), Rows(scratch, "b", 2)], null, 5, seed: 1);
        Assert.Equal(5, sample.Rows);
        Assert.Equal(["a 0", "a 1", "a 2", "b 0", "b 1"], sample.Texts);
    }

    [Fact]
    public void The_seed_decides_and_rows_stay_in_their_order()
    {
        using var scratch = new ScratchFolder();
        DataSource[] sources = [Rows(scratch, "a", 300)];
        var one = DataSample.Draw(sources, null, 20, seed: 1);
        Assert.Equal((300, 20), (one.Rows, one.Chosen.Count));
        Assert.Equal(one.Texts, DataSample.Draw(sources, null, 20, seed: 1).Texts);
        Assert.NotEqual(one.Texts, DataSample.Draw(sources, null, 20, seed: 2).Texts);
        var numbers = one.Texts.Select(t => int.Parse(t.Split(' ')[1])).ToList();
        Assert.Equal(numbers.Order(), numbers);
        Assert.Equal(20, numbers.Distinct().Count());
    }

    [Fact]
    public void Each_row_is_as_likely_as_any_other()
    {
        using var scratch = new ScratchFolder();
        DataSource[] sources = [Rows(scratch, "a", 20)];
        var drawn = new int[20];
        for (var seed = 0; seed < 400; seed++)
        {
            foreach (var text in DataSample.Draw(sources, null, 5, seed).Texts)
                drawn[int.Parse(text.Split(' ')[1])]++;
        }

        // 100 expected, deviation 8.7: five of them either way.
        Assert.All(drawn, count => Assert.InRange(count, 57, 143));
    }

    [Fact]
    public void Plain_text_is_drawn_by_paragraphs()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.txt", "one\nstill one\n\n\n\ntwo\n\n three ");
        var sample = DataSample.Draw([new DataSource { Path = scratch.PathTo("t.txt"), Format = DataFormat.Text }], null, 9, 1);
        Assert.Equal((3L, 3), (sample.Rows, sample.Texts.Count));
        Assert.Equal(["one\nstill one", "two", "three"], sample.Texts);
    }

    [Fact]
    public void A_row_that_is_drawn_and_broken_is_named()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a.jsonl", "{\"text\": \"x\"}\n{\"text\": 7}\n");
        var source = new DataSource { Path = scratch.PathTo("a.jsonl"), Format = DataFormat.Text };
        var error = Assert.Throws<TrainerException>(() => DataSample.Draw([source], null, 5, 1));
        Assert.Contains("a.jsonl:2: \"text\" is a number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokens_are_counted_before_rows_are_cut_and_answers_apart()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a.jsonl", string.Concat(Enumerable.Repeat("{\"prompt\": \"one two three\", \"completion\": \" four five\"}\n", 2)));
        var source = new DataSource { Path = scratch.PathTo("a.jsonl"), Format = DataFormat.PromptCompletion };
        var sample = DataSample.Draw([source], null, 5, 1);
        var tokens = new TokenSample(sample, new WordTokenizer(), maskPrompt: true, longest: 5, vocabulary: 50);
        Assert.Equal((6.0, 3.0), (tokens.TokensPerRow, tokens.AnswerTokensPerRow));
        var batch = tokens.Training(0, 0);
        Assert.Equal((5, 2), (batch.Length, batch.Supervised));
        Assert.Equal(2, tokens.MicroBatches);
    }

    [Fact]
    public void Rows_without_answers_within_the_length_are_no_sample()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("a.jsonl", "{\"prompt\": \"one two three\", \"completion\": \" four\"}\n");
        var source = new DataSource { Path = scratch.PathTo("a.jsonl"), Format = DataFormat.PromptCompletion };
        var sample = DataSample.Draw([source], null, 5, 1);
        var error = Assert.Throws<TrainerException>(() => new TokenSample(sample, new WordTokenizer(), true, longest: 3, vocabulary: 50));
        Assert.Contains("hold nothing to learn", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TrainerException>(() => new TokenSample(sample, new WordTokenizer(), true, longest: 9, vocabulary: 2));
        Assert.Contains("the tokenizer belongs to another model", error.Message, StringComparison.Ordinal);
    }

    private static DataSource Rows(ScratchFolder scratch, string name, int count)
    {
        scratch.Write($"{name}.jsonl", string.Concat(Enumerable.Range(0, count).Select(i => $"{{\"text\": \"{name} {i}\"}}\n")));
        return new DataSource { Path = scratch.PathTo($"{name}.jsonl"), Format = DataFormat.Text };
    }
}
