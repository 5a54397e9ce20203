using LoraLint.Rules.Knowledge.Keys;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

public sealed class TorchtuneComponentTests
{
    private const string Model = """
        model:
          _component_: torchtune.models.llama3.lora_llama3_8b
          lora_attn_modules: [q_proj, v_proj]
          lora_rank: 8
          lora_alpha: 16

        """;

    [Theory]
    [InlineData("loss:\n  _component_: torchtune.modules.loss.LinearCrossEntropyLoss\n", "")]
    [InlineData("loss:\n  _component_: torchtune.modules.loss.LinearCrossEntropyLos\n", "Error")]
    [InlineData("collate_fn: torchtune.data.no_such\n", "")]
    [InlineData("dataset:\n  _component_: my.own.dataset\n  anything: 1\n", "")]
    [InlineData("dataset:\n  _component_: torchtune.datasets.alpaca_dataset\n  data_dir: here\n", "")]
    [InlineData("optimizer:\n  _component_: torch.optim.AdamW\n  whatever: 1\n", "")]
    [InlineData("tokenizer:\n  _component_: torchtune.models.llama3._model_builders.llama3_tokenizer\n", "")]
    [InlineData("quantizer:\n  _component_: torchtune.training.quantization.Int8DynActInt4WeightQATQuantizer\n  groupsize: 256\n", "")]
    [InlineData("dataset:\n  - source: x\n    inner:\n      _component_: torchtune.models.llama3.no_such_builder_at_all\n", "Error")]
    [InlineData("metric_logger:\n  _component_: torchtune.utils.metric_logging.DiskLogger\n", "Warning")]
    public void What_torchtune_has_passes_wherever_it_is_nested(string part, string severity)
    {
        var found = Lint.Of("torchtune-component-invalid", Model + part, "torchtune");
        Assert.Equal(severity, found.Count == 0 ? "" : Assert.Single(found).Severity.ToString());
    }

    [Theory]
    [InlineData("0.2.1", null)]
    [InlineData("0.3.0", Severity.Error)]
    public void What_is_gone_depends_on_the_release(string version, Severity? severity)
    {
        var options = LintOptions.Default with
        {
            Format = "torchtune", Versions = new Dictionary<string, string> { ["torchtune"] = version },
        };
        var found = Lint.Check(
            Model + "metric_logger:\n  _component_: torchtune.utils.metric_logging.DiskLogger\n", options: options).Findings
            .Where(f => f.Rule.Name == "torchtune-component-invalid").ToList();
        Assert.Equal(severity, found.Count == 0 ? null : Assert.Single(found).Severity);
    }

    [Fact]
    public void The_table_knows_builders_with_their_parameters()
    {
        var builder = TorchtuneComponents.Table.Find("torchtune.models.llama3.lora_llama3_8b")!;
        Assert.Contains("use_dora", builder.Parameters);
        Assert.False(builder.TakesAny);
        Assert.Equal("", builder.GoneSince);
        // A partial of the builder takes what the builder does.
        Assert.Equal(builder.Parameters, TorchtuneComponents.Table.Find("torchtune.models.llama3.qlora_llama3_8b")!.Parameters);
        Assert.True(TorchtuneComponents.Table.Find("torchtune.datasets.alpaca_dataset")!.TakesAny);
        Assert.True(TorchtuneComponents.Table.All.Count() > 800);
    }
}
