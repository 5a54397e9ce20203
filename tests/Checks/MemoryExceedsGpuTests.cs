using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

public sealed class MemoryExceedsGpuTests
{
    private const string Qlora = """
        adapter: qlora
        load_in_4bit: true
        lora_r: 16
        lora_alpha: 32
        lora_target_linear: true
        sequence_len: 4096
        micro_batch_size: 4
        gradient_accumulation_steps: 4
        optimizer: adamw_bnb_8bit

        """;

    private static readonly string s_lora = Qlora.Replace("qlora", "lora", StringComparison.Ordinal)
        .Replace("load_in_4bit: true\n", "", StringComparison.Ordinal);

    [Theory]
    [InlineData("8GB", true)]
    [InlineData("12GB", true)]
    [InlineData("24GB", false)]
    [InlineData(null, false)]
    public void Weights_in_16_bits_do_not_fit_a_small_card(string? card, bool isFound) =>
        Assert.Equal(isFound, Findings(s_lora, "meta-llama/Llama-3.1-8B", card).Count == 1);

    [Fact]
    public void The_message_has_the_least_the_card_and_what_four_bits_would_take()
    {
        var finding = Assert.Single(Findings(s_lora, "meta-llama/Llama-3.1-8B", "12GB"));
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.StartsWith("meta-llama/Llama-3.1-8B in 16 bits takes at least 16.", finding.Message, StringComparison.Ordinal);
        Assert.Contains("and the card has 12 GB (gpu); sequences of at most ", finding.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "tokens fit for certain, in 4 bits, one sequence at a time, with gradient checkpointing", finding.Message,
            StringComparison.Ordinal);
    }

    // Without the batch nothing is known of activations, and 4 bits are told by what they take at least.
    [Fact]
    public void Where_the_run_is_not_known_to_the_last_four_bits_are_told_by_their_least() => Assert.EndsWith(
        "and the card has 12 GB (gpu); in 4 bits it takes at least 6.3 GB",
        Assert.Single(Findings(
            s_lora.Replace("micro_batch_size: 4", "micro_batch_size: ${MICRO}", StringComparison.Ordinal),
            "meta-llama/Llama-3.1-8B", "12GB")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Where_four_bits_are_too_many_other_ways_are_told() => Assert.EndsWith(
        "take a smaller base model, a larger card, or spread it over several",
        Assert.Single(Findings(Qlora, "meta-llama/Llama-3.1-70B", "24GB")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("fsdp_config:\n  offload_params: true\n")]
    [InlineData("deepspeed: zero3.json\n")]
    [InlineData("deepspeed: of-which-nothing-is-known.json\n")]
    [InlineData("tensor_parallel_size: 4\n")]
    [InlineData("device_map: auto\n")]
    [InlineData("tensor_parallel_size: ${SIZE}\n")]
    [InlineData("devices: ${SIZE}\n")]
    public void What_is_spread_over_cards_is_not_judged(string keys) =>
        Assert.Empty(Findings(Qlora + keys, "meta-llama/Llama-3.1-70B", "24GB"));

    [Theory]
    [InlineData("tensor_parallel_size: 1\n")]
    [InlineData("deepspeed: zero2.json\n")]
    public void What_is_on_each_card_as_a_whole_is_judged(string keys) =>
        Assert.Single(Findings(Qlora + keys, "meta-llama/Llama-3.1-70B", "24GB"));

    // Its weights are in 4 bits already, whether the config says so or not.
    [Fact]
    public void A_checkpoint_that_is_quantized_counts_as_such() =>
        Assert.Empty(Findings(s_lora, "unsloth/llama-3-8b-bnb-4bit", "12GB"));

    [Fact]
    public void A_model_that_is_not_known_is_not_judged() => Assert.Empty(Findings(s_lora, "someone/something-70b", "8GB"));

    // Whether the weights are quantized is not known, so the fewest bits count.
    [Fact]
    public void What_cannot_be_known_counts_as_what_takes_least()
    {
        var text = Qlora.Replace("load_in_4bit: true", "load_in_4bit: ${QUANTIZE}", StringComparison.Ordinal);
        Assert.Empty(Findings(text, "meta-llama/Llama-3.1-8B", "12GB"));
        Assert.Single(Findings(text, "meta-llama/Llama-3.1-70B", "24GB"));
    }

    // 4 x 4,096 tokens whose layers all keep their tensors take tens of gigabytes; samples that are not packed may be short.
    [Theory]
    [InlineData("sample_packing: true\ngradient_checkpointing: false\n", true)]
    [InlineData("sample_packing: true\ngradient_checkpointing: true\n", false)]
    [InlineData("sample_packing: false\ngradient_checkpointing: false\n", false)]
    [InlineData("sample_packing: true\ngradient_checkpointing: false\nactivation_offloading: true\n", false)]
    public void Activations_count_where_sequences_are_full_and_nothing_is_computed_again(string keys, bool isFound) =>
        Assert.Equal(isFound, Findings(Qlora + keys, "meta-llama/Llama-3.1-8B", "24GB").Count == 1);

    [Theory]
    [InlineData("24GB", 24L << 30)]
    [InlineData("24 GiB", 24L << 30)]
    [InlineData("81559MiB", 81559L << 20)]
    [InlineData(" 80 ", 80L << 30)]
    [InlineData("1.5gb", 3L << 29)]
    public void A_cards_memory_is_read_as_people_write_it(string text, long bytes)
    {
        Assert.True(CardMemory.TryParse(text, out var found));
        Assert.Equal(bytes, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0GB")]
    [InlineData("-24GB")]
    [InlineData("24TB")]
    [InlineData("lots")]
    [InlineData("1e3GB")]
    [InlineData("2000GB")]
    [InlineData("24,5GB")]
    [InlineData("24GB 24GB")]
    [InlineData("0000000000000000000000000000000024GB")]
    public void What_is_no_cards_memory_is_refused(string text) => Assert.False(CardMemory.TryParse(text, out _));

    private static List<Finding> Findings(string text, string model, string? card)
    {
        var options = LintOptions.Default with { Format = "axolotl", Gpu = card is null ? null : GpuCatalog.Find(card) };
        return [.. Lint.Check($"base_model: {model}\n{text}", options: options).Findings.Where(f => f.Rule.Name == "memory-exceeds-gpu")];
    }
}
