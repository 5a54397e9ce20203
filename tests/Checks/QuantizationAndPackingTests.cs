using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Edge cases of the rules about quantization, packing and files.</summary>
public sealed class QuantizationAndPackingTests
{
    private const string Axolotl = "base_model: a/b\nlora_r: 16\nlora_alpha: 32\n";
    private const string Trl = "model_name_or_path: a/b\nuse_peft: true\nlora_r: 8\ndataset_name: c/d\n";
    private const string Swift = "model: a/b\ntuner_type: lora\ndataset: c/d#100\n";

    [Theory]
    [InlineData("adapter: lora\nload_in_4bit: true\nload_in_8bit: false\n", 0)]
    [InlineData("adapter: lora\nload_in_4bit: ${four}\nload_in_8bit: true\n", 0)]
    [InlineData("adapter: lora\nload_in_4bit: yes\nload_in_8bit: on\n", 1)]
    public void Two_widths_are_reported_when_both_are_on(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("quant-both-bits", Axolotl + more, "axolotl").Count);

    [Theory]
    [InlineData("bf16: true\nfp16: true\n", Severity.Warning)]
    [InlineData("bf16: auto\nfp16: true\n", null)]
    [InlineData("bf16: true\nfp16:\n", null)]
    [InlineData("bf16: ${bf16}\nfp16: true\n", null)]
    public void Axolotl_prefers_bf16_silently(string more, Severity? severity) =>
        Assert.Equal(severity, Lint.Of("fp16-and-bf16", Axolotl + "adapter: lora\n" + more, "axolotl").SingleOrDefault()?.Severity);

    [Theory]
    [InlineData("torch_dtype: bfloat16\n", 0)]
    [InlineData("dtype: float32\n", 1)]
    [InlineData("dtype: auto\n", 0)]
    [InlineData("dtype: ${dtype}\n", 0)]
    public void TRL_computes_in_the_type_it_loads_in(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("bnb-compute-dtype-fp32", Trl + "load_in_4bit: true\n" + more, "trl").Count);

    [Fact]
    public void A_base_in_litgpts_fp4_was_chosen_by_hand()
    {
        const string text = "checkpoint_dir: c/d\nquantize: bnb.fp4-dq\nlora_r: 8\nlora_query: true\nlora_value: true\n";
        var finding = Assert.Single(Lint.Of("fp4-quantization", text, "litgpt"));
        Assert.Equal(Severity.Info, finding.Severity);
        Assert.Equal("bnb.nf4-dq", Assert.Single(finding.Fix!.Edits).NewText.Trim('"'));
    }

    [Theory]
    [InlineData("packing: true\npacking_strategy: wrapped\n", 0)]
    [InlineData("packing: true\n", 1)]
    [InlineData("packing: true\nattn_implementation: kernels-community/vllm-flash-attn3\n", 0)]
    [InlineData("packing: true\nattn_implementation: ${attention}\n", 0)]
    [InlineData("packing: ${packing}\nattn_implementation: sdpa\n", 0)]
    public void Packing_in_TRL_wants_flash_attention(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("packing-without-flash-attention", Trl + more, "trl").Count);

    [Theory]
    [InlineData("padding_free: true\n", 1)]
    [InlineData("packing: true\nattn_impl: sdpa\n", 1)]
    [InlineData("packing: true\nattn_impl: flash_attention_3\n", 0)]
    [InlineData("packing: true\ntensor_model_parallel_size: 2\n", 0)]
    public void Packing_in_ms_swift_wants_flash_attention_but_for_Megatron(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("packing-without-flash-attention", Swift + more, "ms-swift").Count);

    [Theory]
    [InlineData("padding_free: true\npacking: true\nattn_implementation: flash_attention_2\n", 0)]
    [InlineData("padding_free: true\npacking: false\nmax_length: 2048\n", 1)]
    [InlineData("padding_free: true\npacking: ${packing}\n", 0)]
    [InlineData("padding_free: true\npacking: false\nmax_length: ${length}\n", 0)]
    public void Padding_free_training_needs_packing_or_no_limit(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("packing-incompatible", Trl + more, "trl").Count);

    [Theory]
    [InlineData("data/trian.jsonl", 1)]
    [InlineData("data/train.jsonl", 0)]
    [InlineData("./data/trian.jsonl", 1)]
    [InlineData("elsewhere/trian.jsonl", 0)]
    [InlineData("org/dataset", 0)]
    [InlineData("trian.jsonl", 0)]
    [InlineData("${data}/trian.jsonl", 0)]
    public void A_dataset_is_missed_only_where_its_folder_is(string path, int findings)
    {
        var text = Axolotl + $"adapter: lora\ndatasets:\n  - path: {path}\n    type: alpaca\n";
        var result = Lint.Check(
            text, options: LintOptions.Default with { Format = "axolotl" }, files: new GivenFiles("data/train.jsonl", ""));
        var found = result.Findings.Where(f => f.Rule.Name == "dataset-file-missing").ToList();
        Assert.Equal(findings, found.Count);
        Assert.All(found, f => Assert.Equal(path, text.Substring(f.Span.Start, f.Span.Length)));
    }

    [Fact]
    public void Ms_swifts_sampling_is_no_part_of_the_path()
    {
        const string text = "model: a/b\ntuner_type: lora\ndataset: [data/train.jsonl#500, data/trian.jsonl#500]\n";
        var result = Lint.Check(
            text, options: LintOptions.Default with { Format = "ms-swift" }, files: new GivenFiles("data/train.jsonl", ""));
        var finding = Assert.Single(result.Findings, f => f.Rule.Name == "dataset-file-missing");
        Assert.Equal("data/trian.jsonl#500", text.Substring(finding.Span.Start, finding.Span.Length));
    }

    [Theory]
    [InlineData("test_datasets: []\nval_set_size: 0.1\n", 0)]
    [InlineData("test_datasets: [{path: t.jsonl}]\nval_set_size: ${size}\n", 0)]
    [InlineData("streaming: true\nmax_steps: 10\nval_set_size: 0.1\n", 1)]
    public void A_split_beside_no_other_data_is_fine(string more, int findings) =>
        Assert.Equal(findings, Lint.Of("val-split-conflict", Axolotl + "adapter: lora\n" + more, "axolotl").Count);

    [Fact]
    public void Kohyas_sections_are_one_namespace()
    {
        const string text = """
            [model]
            network_module = "networks.lora"
            network_dim = 8
            full_fp16 = true
            [train]
            mixed_precision = "bf16"

            """;
        var finding = Assert.Single(Lint.Of("kohya-full-precision-mismatch", text, "kohya", "config.toml"));
        Assert.Equal("full_fp16", finding.Message.Split(' ')[0]);
    }

    [Theory]
    [InlineData("./models/local", 0)]
    [InlineData("/mnt/models/local", 0)]
    [InlineData("org/model", 1)]
    [InlineData("${model}", 0)]
    public void Code_of_a_local_model_is_the_users_own(string model, int findings) => Assert.Equal(
        findings,
        Lint.Of("trust-remote-code", $"base_model: {model}\nadapter: lora\nlora_r: 8\ntrust_remote_code: true\n", "axolotl").Count);
}
