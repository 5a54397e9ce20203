using System.Text;
using System.Text.Json;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Tests.Training;

public sealed class RunJsonTests
{
    private static readonly RunRecord s_record = new()
    {
        Run = new TrainingRun
        {
            BaseModel = "/models/tiny",
            Lora = new LoraOptions
            {
                Rank = 8, Alpha = 12.5, TargetModules = ["q_proj", "v_proj"], Layers = [0, 3], Bias = LoraBias.LoraOnly,
                Init = LoraInit.Eva,
                RankPattern = new Dictionary<string, int> { ["q_proj"] = 4 },
                AlphaPattern = new Dictionary<string, double> { ["^model.layers.0"] = 0.1 },
            },
            Quantization = new QuantizationOptions { Type = "fp4", Double = false },
            Data = new DataOptions
            {
                Train =
                [
                    new DataSource
                    {
                        Path = "/data/ü.jsonl", Format = DataFormat.ShareGpt,
                        Columns = new Dictionary<string, string> { ["role"] = "from" },
                    },
                ],
                ValidationSplit = 0.1,
            },
            Optimizer = new OptimizerOptions { LearningRate = 1e-5, WarmupSteps = 7 },
            Training = new TrainingOptions { Evaluate = new Cadence(null, 0.25), Save = Cadence.Never, SaveLimit = 2, Seed = 1L << 40 },
            OutputDirectory = "/out",
        },
        Config = new ConfigRecord("run.yaml", "loralint", "loralint: 1\n"),
        Findings = [new FindingRecord("LL104", "alpha-below-rank", Severity.Warning, "alpha < rank", 3)],
        Notes = ["bf16 is computed in fp32"],
        Forced = true,
        LoraLintVersion = "0.1.0",
    };

    private static string Text => Encoding.UTF8.GetString(RunJson.Write(s_record));

    [Fact]
    public void What_is_written_is_read_back_and_written_the_same_again()
    {
        var read = RunJson.Read(RunJson.Write(s_record));
        Assert.Equal(Text, Encoding.UTF8.GetString(RunJson.Write(read)));
        Assert.Equal(DataFormat.ShareGpt, read.Run.Data.Train[0].Format);
        Assert.Equal("from", read.Run.Data.Train[0].Columns["role"]);
        Assert.Equal(new Cadence(null, 0.25), read.Run.Training.Evaluate);
        Assert.Equal(Cadence.Never, read.Run.Training.Save);
        Assert.Equal(1L << 40, read.Run.Training.Seed);
        Assert.Equal(Severity.Warning, read.Findings[0].Severity);
    }

    [Fact]
    public void Names_are_snake_case_and_enums_are_words()
    {
        Assert.Contains("\"lora_lint_version\": \"0.1.0\"", Text, StringComparison.Ordinal);
        Assert.Contains("\"format\": \"share_gpt\"", Text, StringComparison.Ordinal);
        Assert.Contains("\"bias\": \"lora_only\"", Text, StringComparison.Ordinal);
        Assert.Contains("\"path\": \"/data/ü.jsonl\"", Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"rank\": 8", "\"rank\": null")]
    [InlineData("\"rank\": 8", "\"rnak\": 8")]
    [InlineData("\"rank\": 8", "\"rank\": 8, \"rank\": 9")]
    [InlineData("\"bias\": \"lora_only\"", "\"bias\": 1")]
    [InlineData("\"init\": \"eva\"", "\"init\": \"loftq\"")]
    [InlineData("\"schedule\": \"cosine\"", "\"schedule\": null")]
    [InlineData("\"forced\": true,", "")]
    public void A_property_that_is_unknown_missing_twice_or_of_another_type_is_refused(string written, string instead)
    {
        Assert.Contains(written, Text, StringComparison.Ordinal);
        Assert.Throws<JsonException>(() => RunJson.Read(Encoding.UTF8.GetBytes(Text.Replace(written, instead, StringComparison.Ordinal))));
    }

    // What a run directory leaves out must not become zero in silence.
    [Theory]
    [InlineData("\"alpha\": 12.5,")]
    [InlineData("\"learning_rate\": 1E-05,")]
    [InlineData("\"mask_prompt\": true,")]
    [InlineData("\"version\": 1,")]
    [InlineData("\"save_limit\": 2,")]
    public void A_run_with_a_property_left_out_is_refused(string written)
    {
        var at = Text.IndexOf(written, StringComparison.Ordinal);
        Assert.True(at > 0, Text);
        Assert.Throws<JsonException>(() => RunJson.Read(Encoding.UTF8.GetBytes(Text.Remove(at, written.Length))));
    }
}
