using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Spectra;

namespace LoraLint.Tests.Trainer.Spectra;

public sealed class DataSpectrumTests
{
    private static readonly string s_model = Repository.PathTo("examples/quickstart/model");

    [Fact]
    public void A_real_model_is_looked_at_to_the_bottom_and_the_same_with_any_number_of_threads()
    {
        using var scratch = new ScratchFolder();
        var record = Record(scratch, s_model);
        var one = Run(new SpectrumRequest(record, "model", false, 6, 42, 1));
        var two = Run(new SpectrumRequest(record, "model", false, 6, 42, 2));
        Assert.Equal(one.Events.Select(e => e.ToJson()), two.Events.Select(e => e.ToJson()));
        Assert.Equal(0, one.Code);
        var sample = Assert.Single(one.Events.OfType<SampleEvent>());
        Assert.Equal((400L, 6), (sample.Rows, sample.Drawn));
        Assert.True(sample.AnswerTokensPerRow > 10 && sample.AnswerTokensPerRow < sample.TokensPerRow);
        // 28 modules with 7 kinds of gradients and 4 of inputs.
        Assert.Equal(
            [("activations", 16), ("embeddings", 1), ("gradients", 28)],
            one.Events.OfType<SpectrumEvent>().GroupBy(s => s.Of).Select(g => (g.Key, g.Count())).Order());
        var ranks = one.Events.OfType<ModuleRankEvent>().ToList();
        Assert.Equal(28 * 4, ranks.Where(r => r.By == "eva").Sum(r => r.Rank));
        Assert.All(ranks.Where(r => r.By == "gora"), r => Assert.InRange(r.Rank, 2, 16));
        Assert.InRange(Assert.Single(one.Events.OfType<BaseLossEvent>()).Loss, 0.5, Math.Log(896) + 1);
    }

    [Fact]
    public void Texts_need_no_model()
    {
        using var scratch = new ScratchFolder();
        var (code, events) = Run(new SpectrumRequest(Record(scratch, ""), "texts", false, 50, 42, 1));
        Assert.Equal(0, code);
        Assert.Equal("texts", Assert.Single(events.OfType<SpectrumEvent>()).Of);
        Assert.Null(Assert.Single(events.OfType<SampleEvent>()).TokensPerRow);
    }

    [Fact]
    public void What_a_model_lacks_is_a_mistake_or_a_look_less_deep()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("model/config.json", """{"model_type": "mamba"}""");
        File.Copy(Path.Combine(s_model, "model.safetensors"), scratch.PathTo("model/model.safetensors"));
        var record = Record(scratch, scratch.PathTo("model"), DataFormat.Text);
        var (code, events) = Run(new SpectrumRequest(record, "model", false, 5, 42, 1));
        Assert.Equal(2, code);
        Assert.Contains("tokenizer.json is missing", Assert.IsType<ErrorEvent>(Assert.Single(events)).Message, StringComparison.Ordinal);
        (code, events) = Run(new SpectrumRequest(record, "model", true, 5, 42, 1));
        Assert.Equal((0, "texts"), (code, Assert.Single(events.OfType<SpectrumEvent>()).Of));
        Assert.Contains("tokenizer.json is missing", Assert.Single(events.OfType<WarningEvent>()).Message, StringComparison.Ordinal);

        // With a tokenizer the embedding is there, whatever the architecture.
        File.Copy(Path.Combine(s_model, "tokenizer.json"), scratch.PathTo("model/tokenizer.json"));
        File.Copy(Path.Combine(s_model, "tokenizer_config.json"), scratch.PathTo("model/tokenizer_config.json"));
        (code, events) = Run(new SpectrumRequest(record, "model", true, 5, 42, 1));
        Assert.Equal((0, "embeddings"), (code, Assert.Single(events.OfType<SpectrumEvent>()).Of));
        Assert.Contains("mamba", Assert.Single(events.OfType<WarningEvent>()).Message, StringComparison.Ordinal);
        (code, events) = Run(new SpectrumRequest(record, "model", false, 5, 42, 1));
        Assert.Equal(2, code);
    }

    [Fact]
    public void One_row_has_no_spectrum()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("one.jsonl", "{\"text\": \"alone\"}\n");
        var source = new DataSource { Path = scratch.PathTo("one.jsonl"), Format = DataFormat.Text };
        var run = new TrainingRun { Data = new DataOptions { Train = [source] } };
        var (code, events) = Run(new SpectrumRequest(Write(scratch, run), "texts", false, 9, 42, 1));
        Assert.Equal(2, code);
        Assert.Contains("a spectrum needs two rows", Assert.IsType<ErrorEvent>(Assert.Single(events)).Message, StringComparison.Ordinal);
    }

    private static (int Code, List<RunEvent> Events) Run(SpectrumRequest request)
    {
        var events = new List<RunEvent>();
        return (SpectrumCommand.Run(request, new ManagedEngineKind(), events.Add), events);
    }

    private static string Record(ScratchFolder scratch, string model, DataFormat format = DataFormat.Chat)
    {
        var path = Repository.PathTo("examples/quickstart/train.jsonl");
        if (format == DataFormat.Text)
        {
            path = scratch.PathTo("texts.jsonl");
            scratch.Write("texts.jsonl", "{\"text\": \"a toad\"}\n{\"text\": \"a hare in the snow\"}\n{\"text\": \"rain\"}\n");
        }

        return Write(scratch, new TrainingRun
        {
            BaseModel = model,
            Lora = new LoraOptions { Rank = 4, Alpha = 8, TargetsAllLinear = true },
            Data = new DataOptions { Train = [new DataSource { Path = path, Format = format }], MaxSequenceLength = 64 },
        });
    }

    private static string Write(ScratchFolder scratch, TrainingRun run)
    {
        var path = scratch.PathTo("run.json");
        File.WriteAllBytes(path, RunJson.Write(new RunRecord
        {
            Run = run, Config = new ConfigRecord("", "", ""), Findings = [], Notes = [], Forced = false, LoraLintVersion = "0",
        }));
        return path;
    }
}
