using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Formats;

/// <summary>Files that hold several configs: each is one of its own.</summary>
public sealed class SplitFormatTests
{
    [Fact]
    public void Each_process_of_a_job_is_a_config()
    {
        var configs = ConfigsOf("""
            job: train
            config:
              name: two
              process:
                - {type: sd_trainer, network: {type: lora, linear: 8}, train: {lr: 1e-4}, model: {is_xl: true}}
                - {type: sd_trainer, network: {type: lora, linear: 32}, train: {lr: 2e-4}, model: {is_xl: true}}
                - {type: sd_trainer, train: {lr: 1e-5}, model: {is_xl: true}}
            """, "job.yaml");
        Assert.Equal([8, 32], configs.Select(c => c.Config.Rank.Or(0)));
        Assert.Equal([0.0001, 0.0002], configs.Select(c => c.Config.LearningRate.Or(0)));
    }

    [Fact]
    public void Each_request_to_axolotls_worker_holds_a_config()
    {
        const string config = """
            {"base_model": "x/y", "adapter": "lora", "lora_r": RANK, "sequence_len": 512, "sample_packing": true, "num_epochs": 1}
            """;
        var first = config.Replace("RANK", "8", StringComparison.Ordinal);
        var second = config.Replace("RANK", "16", StringComparison.Ordinal);
        Assert.Equal([8], ConfigsOf("{\"input\": {\"args\": " + first + "}}", "test_input.json").Select(c => c.Config.Rank.Or(0)));
        Assert.Equal(
            [8, 16],
            ConfigsOf("{\"tests\": [{\"input\": {\"args\": " + first + "}}, {\"input\": {\"args\": " + second + "}}]}", "tests.json")
                .Select(c => c.Config.Rank.Or(0)));
    }

    [Fact]
    public void A_job_without_processes_is_checked_as_a_whole() =>
        Assert.Empty(ConfigsOf("# loralint-format: ai-toolkit\njob: train\nconfig: {name: a}\n", "job.yaml"));

    private static IReadOnlyList<RecognisedConfig> ConfigsOf(string text, string path)
    {
        var document = ConfigReader.Read(new SourceText(path, text), ConfigReader.LanguageOf(path)!.Value);
        Assert.Empty(document.Problems);
        return Linter.Recognise(document, LintOptions.Default);
    }
}
