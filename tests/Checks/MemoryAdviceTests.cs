using LoraLint.Advisor.Reading;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>
/// Rules that speak of a card, a budget or the data's size: by the numbers of `estimate`, and only where those are known.
/// </summary>
public sealed class MemoryAdviceTests
{
    private const string Config = """
        base_model: meta-llama/Llama-3.1-8B
        adapter: lora
        lora_r: 16
        lora_alpha: 32
        lora_target_linear: true
        sequence_len: 4096
        micro_batch_size: 2
        gradient_accumulation_steps: 8
        optimizer: adamw_torch
        gradient_checkpointing: true

        """;

    private static readonly string s_qlora =
        Config.Replace("adapter: lora", "adapter: qlora\nload_in_4bit: true", StringComparison.Ordinal);

    [Fact]
    public void Without_a_card_a_budget_or_data_nothing_is_said()
    {
        foreach (var text in new[] { Config, s_qlora, Config.Replace("8B", "70B", StringComparison.Ordinal) })
            Assert.DoesNotContain(Lint.Check(text, options: new LintOptions { Format = "axolotl" }).Findings, IsOurs);
    }

    [Fact]
    public void The_run_that_rules_judge_is_the_one_that_estimate_tells()
    {
        using var scratch = new ScratchFolder();
        var compared = 0;
        foreach (var path in Directory.EnumerateFiles(Repository.PathTo("examples"), "*.y*ml", SearchOption.AllDirectories))
        {
            var document = ConfigReader.Read(new SourceText(path, File.ReadAllText(path)), ConfigReader.LanguageOf(path)!.Value);
            foreach (var config in Linter.Recognise(document, LintOptions.Default))
            {
                var view = new BaseModelView(config, NoCompanionFiles.Instance);
                if (new ConfigWorkload(config, view).Read()?.Estimate() is not { } memory)
                    continue;
                var run = scratch.Run("estimate", path, "--json");
                Assert.Equal((0, ""), (run.Code, run.Error));
                var estimate = System.Text.Json.JsonDocument.Parse(run.Out).RootElement;
                var asked = estimate.GetProperty("memory").EnumerateArray().Single(w => w.GetProperty("asked").GetBoolean());
                Assert.Equal(
                    (memory.Low, memory.Total, memory.High),
                    (asked.GetProperty("low").GetInt64(), asked.GetProperty("bytes").GetInt64(), asked.GetProperty("high").GetInt64()));
                compared++;
            }
        }

        Assert.InRange(compared, 2, int.MaxValue);
    }

    // The band of this run, in bytes, decides; a byte more or less is another verdict.
    [Theory]
    [InlineData("", false)]
    [InlineData("sample_packing: true\n", true)]
    public void Beyond_the_centre_it_is_mentioned_and_beyond_the_lower_end_of_full_sequences_it_is_a_warning(string keys, bool isPacked)
    {
        var memory = EstimateOf(Config + keys);
        Assert.Empty(Found("memory-estimate-exceeds-gpu", Config + keys, memory.Total));
        Assert.Equal(Severity.Info, Assert.Single(Found("memory-estimate-exceeds-gpu", Config + keys, memory.Total - 1)).Severity);
        Assert.Equal(Severity.Info, Assert.Single(Found("memory-estimate-exceeds-gpu", Config + keys, memory.Low)).Severity);
        // Without packing no sequence is surely as long as it may be.
        var half = EstimateOf(Config.Replace("4096", "2048", StringComparison.Ordinal) + keys);
        Assert.Equal(
            isPacked ? Severity.Warning : Severity.Info,
            Assert.Single(Found("memory-estimate-exceeds-gpu", Config + keys, memory.Low - 1)).Severity);
        Assert.Equal(Severity.Warning, Assert.Single(Found("memory-estimate-exceeds-gpu", Config + keys, half.Low - 1)).Severity);
    }

    [Theory]
    [InlineData("fsdp_config:\n  offload_params: true\n")]
    [InlineData("deepspeed: of-which-nothing-is-known.json\n")]
    [InlineData("activation_offloading: true\n")]
    [InlineData("rl: dpo\n")]
    [InlineData("rl: grpo\n")]
    public void What_is_not_known_or_not_on_one_card_is_not_judged(string keys) =>
        Assert.Empty(Found("memory-estimate-exceeds-gpu", Config + keys, EstimateOf(Config).Total - 1));

    [Theory]
    [InlineData("micro_batch_size: 2", "micro_batch_size: ${MICRO}")]
    [InlineData("sequence_len: 4096", "sequence_len: ${LENGTH}")]
    [InlineData("gradient_checkpointing: true", "gradient_checkpointing: ${AGAIN}")]
    [InlineData("optimizer: adamw_torch", "optimizer: galore_adamw")]
    [InlineData("lora_r: 16", "lora_r: ${RANK}")]
    [InlineData("meta-llama/Llama-3.1-8B", "someone/something-8b")]
    public void A_run_that_is_not_known_to_the_last_is_not_judged(string known, string unknown) => Assert.Empty(
        Found("memory-estimate-exceeds-gpu", Config.Replace(known, unknown, StringComparison.Ordinal), EstimateOf(Config).Low - 1));

    [Fact]
    public void Kernels_that_save_more_than_is_counted_make_it_no_warning()
    {
        var text = Config + "sample_packing: true\nliger_fused_linear_cross_entropy: true\n";
        Assert.Equal(Severity.Info, Assert.Single(Found("memory-estimate-exceeds-gpu", text, EstimateOf(text).Low - 1)).Severity);
    }

    [Fact]
    public void What_cannot_fit_at_all_is_told_once()
    {
        var findings = Check(Config, 12L << 30, null).Where(IsOurs).ToList();
        Assert.Equal("memory-exceeds-gpu", Assert.Single(findings).Rule.Name);
    }

    [Fact]
    public void The_batch_is_cut_so_that_the_step_keeps_its_samples()
    {
        var text = Config.Replace("micro_batch_size: 2", "micro_batch_size: 6", StringComparison.Ordinal);
        // Two or three fit, one of six does not: three is the most.
        var three = EstimateOf(text.Replace("micro_batch_size: 6", "micro_batch_size: 3", StringComparison.Ordinal));
        var fix = Assert.Single(Found("memory-estimate-exceeds-gpu", text, (long)(three.High / CardFit.Usable) + 1)).Fix!;
        Assert.Equal("Set micro_batch_size to 3 and gradient_accumulation_steps to 16", fix.Title);
        Assert.Equal(FixSafety.Unsafe, fix.Safety);
        var fixedText = TextEdit.Apply(text, fix.Edits);
        Assert.Contains("micro_batch_size: 3\ngradient_accumulation_steps: 16\n", fixedText, StringComparison.Ordinal);
    }

    [Fact]
    public void A_switch_that_turns_checkpointing_off_is_turned()
    {
        const string Text = """
            model_name_or_path: meta-llama/Llama-3.1-8B
            stage: sft
            finetuning_type: lora
            lora_rank: 16
            lora_target: all
            cutoff_len: 2048
            per_device_train_batch_size: 4
            gradient_accumulation_steps: 4
            disable_gradient_checkpointing: true
            bf16: true

            """;
        var options = new LintOptions { Format = "llama-factory", Gpu = GpuCatalog.Find("a100-80gb") };
        var finding = Lint.Check(Text, options: options).Findings.First(f => f.Rule.Code is "LL601" or "LL603");
        Assert.Equal("Set disable_gradient_checkpointing to false", finding.Fix!.Title);
        Assert.Contains("disable_gradient_checkpointing: false\n", TextEdit.Apply(Text, finding.Fix.Edits), StringComparison.Ordinal);
    }

    // 95 % of the card is what counts as free.
    [Fact]
    public void QLoRA_is_mentioned_where_all_of_the_band_in_16_bits_fits()
    {
        var card = (long)Math.Ceiling(EstimateOf(Config).High / CardFit.Usable);
        Assert.Equal(Severity.Info, Assert.Single(Found("qlora-though-lora-fits", s_qlora, card)).Severity);
        Assert.Empty(Found("qlora-though-lora-fits", s_qlora, card - 1_000));
        Assert.Empty(Found("qlora-though-lora-fits", Config, card));
        Assert.Empty(Found("qlora-though-lora-fits", s_qlora.Replace("meta-llama/Llama-3.1-8B", "unsloth/llama-3-8b-bnb-4bit"), 80L << 30));
    }

    [Theory]
    [InlineData(41_943_040, false)]
    [InlineData(41_943_039, true)]
    public void A_budget_is_kept_to_the_parameter(long budget, bool isFound) => Assert.Equal(
        isFound, Check(Config, null, new ParameterAmount(budget, false)).Any(f => f.Rule.Name == "parameter-budget-exceeded"));

    [Theory]
    [InlineData("lora_alpha: 32\n", "lora_r: 12\nlora_alpha: 24\n")]
    [InlineData("lora_alpha: 32\npeft_use_rslora: true\n", "lora_r: 12\nlora_alpha: 28\n")]
    public void The_rank_within_the_budget_keeps_the_scaling(string before, string after)
    {
        var text = Config.Replace("lora_alpha: 32\n", before, StringComparison.Ordinal);
        // 15 ranks of 2,621,440 parameters, rounded down to a multiple of four.
        var fix = Check(text, null, new ParameterAmount(40_000_000, false)).Single(f => f.Rule.Name == "parameter-budget-exceeded").Fix!;
        Assert.Contains(after, TextEdit.Apply(text, fix.Edits), StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_below_rank_1_has_no_rank()
    {
        var finding = Check(Config, null, new ParameterAmount(1_000_000, false)).Single(f => f.Rule.Name == "parameter-budget-exceeded");
        Assert.Null(finding.Fix);
        Assert.EndsWith("rank 1 is too much already, so name fewer modules", finding.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("t4", true)]
    [InlineData("v100", true)]
    [InlineData("rtx-2080-ti", true)]
    [InlineData("rtx-3060", false)]
    [InlineData("16GB", false)]
    public void Only_cards_by_name_are_known_to_have_no_bf16(string card, bool isFound)
    {
        var options = new LintOptions { Format = "axolotl", Gpu = GpuCatalog.Find(card) };
        Assert.Equal(
            isFound, Lint.Check(Config + "bf16: true\n", options: options).Findings.Any(f => f.Rule.Name == "bf16-unsupported-gpu"));
        Assert.DoesNotContain(Lint.Check(Config + "bf16: auto\n", options: options).Findings, f => f.Rule.Name == "bf16-unsupported-gpu");
        Assert.DoesNotContain(Lint.Check(Config + "fp16: true\n", options: options).Findings, f => f.Rule.Name == "bf16-unsupported-gpu");
    }

    // 2 bits a parameter of rank 1 on all layers of the 1B model: 1,409,024 bits.
    [Theory]
    [InlineData(2_818_047, false)]
    [InlineData(2_818_050, true)]
    public void Data_that_tells_more_bits_than_the_adapter_holds_is_mentioned(int tokens, bool isFound)
    {
        var text = Config.Replace("3.1-8B", "3.2-1B", StringComparison.Ordinal).Replace("lora_r: 16", "lora_r: 2", StringComparison.Ordinal)
            + "datasets:\n  - path: data/a.jsonl\n    type: alpaca\n";
        var files = new TokensAreKnown(tokens);
        var findings = Lint.Check(text, options: new LintOptions { Format = "axolotl" }, files: files).Findings
            .Where(f => f.Rule.Name == "capacity-below-data").ToList();
        Assert.Equal(isFound, findings.Count == 1);
        Assert.All(findings, f => Assert.Equal(Severity.Info, f.Severity));
        Assert.DoesNotContain(
            Lint.Check(text + "max_steps: 100\n", options: new LintOptions { Format = "axolotl" }, files: files).Findings,
            f => f.Rule.Name == "capacity-below-data");
    }

    [Theory]
    [InlineData("a.jsonl", """{"messages": [{"role": "user", "content": "a b c"}, {"role": "assistant", "content": "abcdefgh"}]}""")]
    [InlineData("a.jsonl", """{"conversations": [{"from": "human", "value": "abcd"}, {"from": "gpt", "value": "abcdefgh"}]}""")]
    [InlineData("a.jsonl", """{"instruction": "abcd", "input": "", "output": "abcdefgh"}""")]
    [InlineData("a.json", """[{"prompt": "abcd", "completion": "abcdefgh"}]""")]
    [InlineData("a.jsonl", """{"text": "abcdefgh"}""")]
    public void Tokens_that_are_learnt_are_those_of_answers(string name, string text)
    {
        using var folder = new ScratchFolder();
        var tokens = LearntTokens.Estimate(folder.Write(name, text).PathTo(name));
        Assert.Equal(2, tokens!.Value, 1);
    }

    [Theory]
    [InlineData("a.jsonl", """{"question": "abcd", "answer": "abcdefgh"}""")]
    [InlineData("a.jsonl", "not json")]
    [InlineData("a.json", """{"a": {"b": 1}}""")]
    [InlineData("a.csv", "text\nabcdefgh\n")]
    public void Rows_that_are_not_understood_have_no_tokens(string name, string text)
    {
        using var folder = new ScratchFolder();
        Assert.Null(LearntTokens.Estimate(folder.Write(name, text).PathTo(name)));
    }

    [Fact]
    public void A_long_file_counts_as_more_of_its_first_rows()
    {
        using var folder = new ScratchFolder();
        const string Row = """{"output": "abcdefgh abcdefgh abcdefgh"}""" + "\n";
        const int Rows = 200_000;
        folder.Write("a.jsonl", string.Concat(Enumerable.Repeat(Row, Rows)));
        Assert.InRange(LearntTokens.Estimate(folder.PathTo("a.jsonl"))!.Value, 0.99 * 6 * Rows, 1.01 * 6 * Rows);
    }

    private static bool IsOurs(Finding finding) => finding.Rule.Code is "LL601" or "LL603" or "LL604" or "LL605" or "LL606" or "LL224";

    private static IReadOnlyList<Finding> Check(string text, long? card, ParameterAmount? budget) => Lint.Check(
        text, options: new LintOptions
    {
        Format = "axolotl", Gpu = card is { } bytes ? new Gpu("the card", bytes, true) : null, TrainableBudget = budget,
    }).Findings;

    private static List<Finding> Found(string rule, string text, long card) => [.. Check(text, card, null).Where(f => f.Rule.Name == rule)];

    private static MemoryEstimate EstimateOf(string text)
    {
        var document = ConfigReader.Read(new SourceText("a.yml", text), Rules.Configs.ConfigLanguage.Yaml);
        var config = Assert.Single(Linter.Recognise(document, new LintOptions { Format = "axolotl" }));
        return new ConfigWorkload(config, new BaseModelView(config, NoCompanionFiles.Instance)).Read()!.Estimate()!;
    }

    private sealed class TokensAreKnown(double tokens) : ICompanionFiles
    {
        public Rules.Configs.ConfigDocument? Open(string path) => null;

        public bool? Exists(string path) => true;

        public SourceText? PointAt(string path) => null;

        public IEnumerable<Rules.Configs.ConfigDocument> OpenNeighbours() => [];

        public long? CountRows(string path) => null;

        public IReadOnlyList<string>? ColumnsOf(string path) => null;

        public double? LearntTokensOf(string path) => tokens;

        public IReadOnlyList<string>? TensorsOf(string path) => null;

        public IReadOnlyList<string> FoldersIn(string path) => [];

        public Requirement? FindRequirement(string package) => null;

        public ModelLookup FindModel(string name) => ModelLookup.InCatalog(name);
    }
}
