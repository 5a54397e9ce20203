using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Tests.Trainer.Data;

/// <summary>From files to batches.</summary>
public sealed class TrainingDataTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly WordTokenizer _tokenizer = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_of_several_formats_make_up_one_set()
    {
        var data = Load(new DataOptions
        {
            Train =
            [
                Source("a.jsonl", DataFormat.PromptCompletion, "{\"prompt\": \"a b\", \"completion\": \" c\"}"),
                Source("b.json", DataFormat.Text, "[{\"text\": \"d e\"}]"),
                Source("c.txt", DataFormat.Text, "f\n\ng"),
                Source("d.jsonl", DataFormat.ChatExchange, "{\"prompt\": \"h\", \"completion\": \"i\"}"),
            ],
        });
        Assert.Equal(4, data.Train.Samples);
        Assert.Null(data.Validation);
        Assert.Equal(
            [
                "<|im_start|>|user|\\n|h|<|im_end|>|\\n|<|im_start|>|assistant|\\n|[i]|[<|im_end|>]",
                "a| b|[ c]|[</s>]",
                "d|[ e]|[</s>]",
                "f|[\\n\\n]|[g]|[</s>]",
            ],
            Shown(data.Train).Order(StringComparer.Ordinal));
        Assert.Equal([(1L, 1L), (1, 1), (1, 1), (1, 1)], data.Files.Select(file => (file.Rows, file.Samples)));
        Assert.Empty(data.Warnings);
        Assert.Equal(_tokenizer.VocabularySize - 1, data.HighestToken);
    }

    [Fact]
    public void Long_samples_are_cut_at_the_end_and_counted()
    {
        var source = Source(
            "a.jsonl",
            DataFormat.PromptCompletion,
            "{\"prompt\": \"a\", \"completion\": \" b c d e f\"}\n"
            + "{\"prompt\": \"a b c d e\", \"completion\": \" f\"}\n"
            + "{\"prompt\": \"a\", \"completion\": \" b c\"}\n");
        var data = Load(new DataOptions { Train = [source], MaxSequenceLength = 4 });
        Assert.Equal(["a|[ b]|[ c]|[ d]", "a|[ b]|[ c]|[</s>]"], Shown(data.Train).Order(StringComparer.Ordinal));
        var file = Assert.Single(data.Files);
        Assert.Equal((3L, 2L, 1L, 3L, 1L), (file.Rows, file.Samples, file.Truncated, file.TruncatedTokens, file.Dropped));
        Assert.Equal((8L, 6L, 4), (file.Tokens, file.SupervisedTokens, file.Longest));
        Assert.Equal(
            [
                source.Path + ": 1 sample of 2 cut to max_sequence_length, 3 tokens in all; the ends of their answers are not learned",
                source.Path + ": 1 sample left out as longer than max_sequence_length",
            ],
            data.Warnings);

        var dropped = Load(new DataOptions { Train = [source], MaxSequenceLength = 4, DropLongSamples = true });
        Assert.Equal(["a|[ b]|[ c]|[</s>]"], Shown(dropped.Train));
        Assert.Equal(2, dropped.Files[0].Dropped);
        Assert.Equal(0, dropped.Files[0].Truncated);
    }

    [Fact]
    public void What_stands_behind_the_last_answer_is_left_out()
    {
        var source = Source("a.jsonl", DataFormat.Chat, """
            {"messages": [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b c d e f g h"}]}
            """);
        var data = Load(new DataOptions { Train = [source], MaxSequenceLength = 8 });
        Assert.Equal(["<|im_start|>|assistant|\\n|[a]|[<|im_end|>]"], Shown(data.Train));
        Assert.Equal(0, data.Files[0].Truncated);
    }

    [Fact]
    public void Long_texts_go_on_in_the_next_sequence()
    {
        var data = Load(new DataOptions
        {
            Train =
            [
                Source("a.jsonl", DataFormat.Text, "{\"text\": \"a b c d e\"}\n"),
                Source("b.txt", DataFormat.Text, "f g h i"),
            ],
            MaxSequenceLength = 4,
            DropLongSamples = true,
        });
        Assert.Equal(
            [" d|[ e]|[</s>]", " i|[</s>]", "a|[ b]|[ c]|[ d]", "f|[ g]|[ h]|[ i]"],
            Shown(data.Train).Order(StringComparer.Ordinal));
        Assert.All(data.Files, file => Assert.Equal((1L, 2L, 0L, 0L), (file.Rows, file.Samples, file.Truncated, file.Dropped)));
    }

    [Fact]
    public void The_same_sample_is_trained_on_once()
    {
        var row = "{\"prompt\": \"a\", \"completion\": \" b\"}\n";
        var other = "{\"prompt\": \"a\", \"completion\": \" c\"}\n";
        var data = Load(new DataOptions
        {
            Train =
            [
                Source("a.jsonl", DataFormat.PromptCompletion, row + other + row),
                Source("b.jsonl", DataFormat.PromptCompletion, row),
            ],
            Validation = [Source("c.jsonl", DataFormat.PromptCompletion, other + other + "{\"prompt\": \"x\", \"completion\": \"y\"}")],
        });
        Assert.Equal(2, data.Train.Samples);
        Assert.Equal(2, data.Validation!.Samples);
        Assert.Equal([1L, 1, 1], data.Files.Select(file => file.Duplicates));
        Assert.Equal([false, false, true], data.Files.Select(file => file.IsValidation));
        Assert.Equal(1, data.Overlap);
        Assert.EndsWith("b.jsonl: 1 sample left out as the same as an earlier one", data.Warnings[1]);
        Assert.Equal(
            "1 sample of the validation files is a training sample too: the evaluation loss will look better than it is",
            data.Warnings[^1]);
    }

    [Fact]
    public void Rows_without_answers_are_left_out_and_counted()
    {
        var good = "{\"instruction\": \"a\", \"output\": \"b\"}\n";
        var empty = "{\"instruction\": \"a\", \"output\": \"\"}\n";
        var data = Load(new DataOptions { Train = [Source("a.jsonl", DataFormat.Alpaca, good + empty + empty)] });
        Assert.Equal(2, data.Files[0].Empty);
        Assert.Equal(
            [$"{_folder.PathTo("a.jsonl")}: 2 rows without an answer or text left out, the first at {_folder.PathTo("a.jsonl")}:2"],
            data.Warnings);
    }

    [Fact]
    public void A_split_holds_out_samples_that_are_not_trained_on()
    {
        var rows = string.Concat(Enumerable.Range(0, 50).Select(i => $"{{\"text\": \"{i} b c\"}}\n"));
        var options = new DataOptions { Train = [Source("a.jsonl", DataFormat.Text, rows)], ValidationSplit = 0.2 };
        var data = Load(options);
        Assert.Equal((40, 10), (data.Train.Samples, data.Validation!.Samples));
        Assert.Empty(Shown(data.Train).Intersect(Shown(data.Validation)));
        Assert.Equal(Shown(data.Validation), Shown(Load(options).Validation!));
        Assert.Equal(Shown(data.Validation), Shown(data.Validation, epoch: 3));
        Assert.NotEqual(Shown(data.Train), Shown(data.Train, epoch: 1));
        Assert.NotEqual(Shown(data.Validation).Order(), Shown(Load(options, seed: 1).Validation!).Order());
        Assert.Equal(0, data.Overlap);
    }

    [Fact]
    public void Packed_sequences_hold_several_samples()
    {
        var rows = string.Concat(Enumerable.Range(0, 50).Select(i => $"{{\"text\": \"{i} b c\"}}\n"));
        var data = Load(new DataOptions { Train = [Source("a.jsonl", DataFormat.Text, rows)], MaxSequenceLength = 16, Packing = true });
        Assert.Equal(
            (50, 13, 13, 16, 4),
            (data.Train.Samples, data.Train.Sequences, data.Train.MicroBatches, data.Train.LongestBatch, data.Train.MostSamples));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_text_file_begins_with_what_the_tokenizer_puts_before_texts(bool hasBegin)
    {
        var tokenizer = new WordTokenizer { HasBegin = hasBegin };
        var options = new DataOptions { Train = [Source("a.txt", DataFormat.Text, "a b")] };
        var data = TrainingData.Load(options, new TrainingOptions(), tokenizer, null);
        Assert.Equal((hasBegin ? "<s>" : "") + "a b</s>", tokenizer.Decode(data.Train.Batch(0, 0).Tokens, false));
    }

    [Fact]
    public void Options_that_contradict_each_other_are_errors()
    {
        var source = Source("a.txt", DataFormat.Text, "a b");
        ThrowsWith("No training file is named", new DataOptions());
        ThrowsWith("raise max_sequence_length", new DataOptions { Train = [source], MaxSequenceLength = 1 });
        ThrowsWith("one of the two must go", new DataOptions { Train = [source], Validation = [source], ValidationSplit = 0.1 });
        ThrowsWith("cannot be held out of 1 samples", new DataOptions { Train = [source], ValidationSplit = 0.1 });
        var empty = Source("b.jsonl", DataFormat.PromptCompletion, "{\"prompt\": \"a b c\", \"completion\": \" d\"}");
        ThrowsWith(
            "b.jsonl: no sample to evaluate on is left of 1 rows: 1 whose answer begins beyond 3 tokens",
            new DataOptions { Train = [source], Validation = [empty], MaxSequenceLength = 3 });
    }

    private DataSource Source(string name, DataFormat format, string text)
    {
        _folder.Write(name, text);
        return new DataSource { Path = _folder.PathTo(name), Format = format };
    }

    private TrainingData Load(DataOptions options, long seed = 42) =>
        TrainingData.Load(options, new TrainingOptions { Seed = seed }, _tokenizer, ChatTemplate.ByName("chatml"));

    private void ThrowsWith(string expected, DataOptions options) =>
        Assert.Contains(expected, Assert.Throws<TrainerException>(() => Load(options)).Message);

    // The samples of an epoch, those positions in brackets that are targets.
    private List<string> Shown(BatchPlan plan, int epoch = 0)
    {
        var shown = new List<string>();
        for (var index = 0; index < plan.MicroBatches; index++)
        {
            var batch = plan.Batch(epoch, index);
            for (var i = 0; i < batch.Sequences; i++)
            {
                var (start, end) = (batch.Starts[i], batch.Starts[i + 1]);
                shown.Add(_tokenizer.Show(Enumerable.Range(start, end - start).Select(
                    t => t > start && batch.Targets[t - 1] == batch.Tokens[t] ? batch.Tokens[t] : ~batch.Tokens[t])));
            }
        }

        return shown;
    }
}
