using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>The rules that look at the DeepSpeed config beside a training config.</summary>
public sealed class DistributedTests
{
    private const string Factory = "model_name_or_path: a/b\nstage: sft\ndo_train: true\nfinetuning_type: lora\nlora_rank: 8\n"
        + "per_device_train_batch_size: 2\ngradient_accumulation_steps: 8\nlearning_rate: 1.0e-4\nbf16: true\n";

    [Theory]
    [InlineData("zero3_bf16.json", 1)]
    [InlineData("examples/deepspeed/ds_z3_config.json", 1)]
    [InlineData("zero3", 1)]
    [InlineData("zero_stage3_config.json", 1)]
    [InlineData("ds-zero-3.json", 1)]
    [InlineData("stage3/plain.json", 0)]
    [InlineData("zero2.json", 0)]
    [InlineData("ds_z2_config.json", 0)]
    [InlineData("zero30.json", 0)]
    [InlineData("quiz3.json", 0)]
    [InlineData("${zero}3.json", 0)]
    public void The_name_tells_the_stage_when_the_file_is_not_there(string name, int findings) =>
        Assert.Equal(
            findings, Lint.Of("zero3-non-reentrant", Factory + $"use_reentrant_gc: false\ndeepspeed: {name}\n", "llama-factory").Count);

    [Fact]
    public void The_file_beats_its_name()
    {
        const string text = Factory + "use_reentrant_gc: false\ndeepspeed: zero3.json\n";
        Assert.Empty(Of("zero3-non-reentrant", text, new GivenFiles("zero3.json", """{"zero_optimization": {"stage": 2}}""")));
        Assert.Single(Of("zero3-non-reentrant", text, new GivenFiles("zero3.json", """{"zero_optimization": {"stage": 3}}""")));
        Assert.Empty(Of("zero3-non-reentrant", text, new GivenFiles("zero3.json", """{"zero_optimization": {"stage": "${stage}"}}""")));
    }

    [Fact]
    public void A_section_in_the_config_itself_is_read_too()
    {
        var finding = Assert.Single(
            Of("ds-value-mismatch", Factory + "deepspeed:\n  gradient_accumulation_steps: 4\n", NoCompanionFiles.Instance));
        Assert.Contains("gradient_accumulation_steps is 4 (gradient_accumulation_steps)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_names_the_other_file_and_its_line()
    {
        var files = new GivenFiles(
            "ds/z2.json", "{\n  \"gradient_clipping\": 0.5,\n  \"optimizer\": {\n    \"params\": {\"lr\": 0.0003}\n  }\n}");
        var findings = Of("ds-value-mismatch", Factory + "deepspeed: ds/z2.json\n", files);
        Assert.Equal(2, findings.Count);
        Assert.Contains(
            "learning_rate is 1.0e-4, but optimizer.params.lr is 3.0e-4 (ds/z2.json:4)", findings[0].Message, StringComparison.Ordinal);
        Assert.Equal((Severity.Error, FixSafety.Display), (findings[0].Severity, findings[0].Fix!.Safety));
        // The norm is the default of the framework, which the command line may still change.
        Assert.Contains("max_grad_norm is 1 (not written here)", findings[1].Message, StringComparison.Ordinal);
        Assert.Equal((Severity.Warning, null), (findings[1].Severity, findings[1].Fix));
    }

    [Theory]
    [InlineData("\"auto\"")]
    [InlineData("\"${accumulation}\"")]
    [InlineData("8")]
    [InlineData("null")]
    public void What_is_filled_in_or_equal_does_not_differ(string value) =>
        Assert.Empty(Of(
            "ds-value-mismatch", Factory + "deepspeed: z.json\n",
            new GivenFiles("z.json", "{\"gradient_accumulation_steps\": " + value + "}")));

    [Theory]
    [InlineData("deepspeed: ds/z3.json\n", 1)]
    [InlineData("deepspeed: other/z3.json\n", 0)]
    [InlineData("deepspeed: zero3\n", 0)]
    [InlineData("deepspeed: ${config}\n", 0)]
    [InlineData("deepspeed: ds/z2.json\n", 0)]
    public void A_file_is_missed_only_where_its_folder_is(string more, int findings) =>
        Assert.Equal(findings, Of("deepspeed-file-missing", Factory + more, new GivenFiles("ds/z2.json", "{}")).Count);

    [Fact]
    public void Without_a_host_no_file_is_missed() =>
        Assert.Empty(Of("deepspeed-file-missing", Factory + "deepspeed: ds/z3.json\n", NoCompanionFiles.Instance));

    [Theory]
    [InlineData(60, 1)]
    [InlineData(64, 0)]
    [InlineData(16, 0)]
    public void The_total_batch_must_be_reachable(int total, int findings) => Assert.Equal(
        findings,
        Of(
            "batch-fields-inconsistent", Factory + "deepspeed: z.json\n",
            new GivenFiles("z.json", "{\"train_batch_size\": " + total + "}")).Count);

    [Theory]
    [InlineData("fsdp: []\n", 0)]
    [InlineData("fsdp: ''\n", 0)]
    [InlineData("fsdp:\n", 0)]
    [InlineData("fsdp_config: {offload_params: true}\n", 1)]
    [InlineData("fsdp: [full_shard]\n", 1)]
    public void FSDP_counts_as_soon_as_it_is_switched_on(string more, int findings) => Assert.Equal(
        findings,
        Lint.Of("deepspeed-and-fsdp", "base_model: a/b\nadapter: lora\nlora_r: 8\ndeepspeed: zero2.json\n" + more, "axolotl").Count);

    [Theory]
    [InlineData("adamw_bnb_8bit", "fsdp_version: 2\nfsdp_config: {offload_params: false}\n", 1)]
    [InlineData("adamw_torch_8bit", "fsdp_version: 2\nfsdp_config: {offload_params: false}\n", 0)]
    [InlineData("adamw_torch_8bit", "fsdp_config: {offload_params: true}\n", 1)]
    [InlineData("adamw_torch_8bit", "fsdp_version: 2\nfsdp_config: {offload_params: true}\n", 0)]
    [InlineData("paged_adamw_8bit", "fsdp_config: {offload_params: false}\n", 0)]
    [InlineData("adamw_8bit", "tensor_parallel_size: 2\n", 1)]
    [InlineData("adamw_8bit", "tensor_parallel_size: ${tp}\n", 0)]
    public void Eight_bit_optimizers_and_sharding(string optimizer, string more, int findings) => Assert.Equal(
        findings,
        Lint.Of("optim-8bit-with-fsdp", $"base_model: a/b\nadapter: lora\nlora_r: 8\noptimizer: {optimizer}\n" + more, "axolotl").Count);

    private static IReadOnlyList<Finding> Of(string rule, string text, ICompanionFiles files) =>
        [.. Lint.Check(text, options: LintOptions.Default with { Format = "llama-factory" }, files: files).Findings
            .Where(f => f.Rule.Name == rule)];
}
