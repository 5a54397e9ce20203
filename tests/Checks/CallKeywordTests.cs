using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>The keywords of Python's calls are checked against what the class takes that is called.</summary>
public sealed class CallKeywordTests
{
    private const string Imports =
        "from peft import LoraConfig\nfrom transformers import BitsAndBytesConfig, TrainingArguments\n"
        + "from trl import SFTConfig, SFTTrainer\n";

    private static IReadOnlyList<Finding> Of(string rule, string code) =>
        [.. Lint.Check(Imports + code, "train.py").Findings.Where(f => f.Rule.Name == rule)];

    private static string Under(Finding finding, string code) => (Imports + code).Substring(finding.Span.Start, finding.Span.Length);

    [Fact]
    public void A_slip_is_marked_at_the_keyword_and_renamed_by_a_safe_fix()
    {
        const string Code = "c = LoraConfig(r=8, lora_aplha=16)\n";
        var finding = Assert.Single(Of("unknown-key", Code));
        Assert.Equal("lora_aplha", Under(finding, Code));
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Equal("LoraConfig has no keyword lora_aplha and stops at it; did you mean lora_alpha?", finding.Message);
        Assert.Contains("lora_alpha=16", Lint.Fixed(Imports + Code, "train.py"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c = LoraConfig(r=8, my_own=1)\n", "LoraConfig has no keyword my_own")]
    [InlineData("args = TrainingArguments('out', learning_rat=1e-4)\n", "TrainingArguments has no keyword learning_rat")]
    [InlineData("args = SFTConfig(output_dir='out', max_lenght=512)\n", "SFTConfig has no keyword max_lenght")]
    [InlineData("b = BitsAndBytesConfig(load_in_4bit=True, cache_dir='x')\n", "BitsAndBytesConfig has no keyword cache_dir")]
    public void Each_class_has_keywords_of_its_own(string code, string message) => Assert.StartsWith(
        message, Assert.Single(Of("unknown-key", "x = LoraConfig(r=8)\n" + code)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("c = LoraConfig(r=8, lora_aplha=16, **more)\n")]
    [InlineData("c = LoraConfig(r=8, lora_aplha=16, *more)\n")]
    [InlineData("class LoraConfig:\n    pass\nc = LoraConfig(r=8, lora_aplha=16)\n")]
    [InlineData("from mine import LoraConfig\nc = LoraConfig(r=8, lora_aplha=16)\n")]
    [InlineData("c = LoraConfig(r=8)\nargs = make_arguments(learning_rat=1e-4)\n")]
    [InlineData("c = LoraConfig(r=8)\nc.own = 1\n")]
    [InlineData("settings = dict(r=8)\nc = LoraConfig(**settings)\n")]
    public void What_is_not_surely_the_class_is_left_alone(string code) => Assert.Empty(Of("unknown-key", code));

    [Fact]
    public void Another_frameworks_name_is_told_as_such()
    {
        var finding = Assert.Single(Of("cross-framework-key", "c = LoraConfig(lora_rank=8, lora_alpha=16)\n"));
        Assert.Contains("for r; LoraConfig stops at it", finding.Message, StringComparison.Ordinal);
        Assert.Empty(Of("unknown-key", "c = LoraConfig(lora_rank=8, lora_alpha=16)\n"));
        // TRL's command line has lora_r, its config class has not.
        Assert.Empty(Of("cross-framework-key", "c = LoraConfig(r=8)\nargs = SFTConfig(output_dir='x', rank=8)\n"));
    }

    [Theory]
    [InlineData("TrainingArguments", "evaluation_strategy='no'", "evaluation_strategy since transformers 4.46")]
    [InlineData("SFTConfig", "max_seq_length=512", "max_seq_length since TRL 0.20.0")]
    [InlineData("TrainingArguments", "save_safetensors=False", "save_safetensors since transformers 5.0")]
    [InlineData("TrainingArguments", "no_cuda=None", "no_cuda since transformers 5.0")]
    public void A_keyword_that_is_gone_is_a_warning_with_its_version(string name, string keyword, string message)
    {
        var code = $"args = {name}(output_dir='out', {keyword})\n";
        var finding = Assert.Single(Of("renamed-key", "c = LoraConfig(r=8)\n" + code));
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.StartsWith($"{name} no longer has {message}", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_TRL_inherits_is_not_gone() => Assert.Empty(Of(
        "renamed-key",
        "c = LoraConfig(r=8)\nargs = SFTConfig(output_dir='x', average_tokens_across_devices=True, neftune_noise_alpha=5)\n"));

    [Fact]
    public void Unsloth_puts_classes_of_its_own_in_the_place_of_TRLs()
    {
        const string Code = """
            from unsloth import FastLanguageModel
            model, tokenizer = FastLanguageModel.from_pretrained("a/b", max_seq_length=2048, own_of_the_model=1)
            model = FastLanguageModel.get_peft_model(model, r=16, lora_alpha=32, lora_dropuot=0.1, use_dora=False, own=2)
            args = SFTConfig(output_dir="out", max_seq_length=2048)

            """;
        Assert.Empty(Of("renamed-key", Code));
        var finding = Assert.Single(Of("unknown-key", Code));
        Assert.Equal("lora_dropuot", Under(finding, Code));
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Equal(FixSafety.Unsafe, finding.Fix!.Safety);
    }

    [Theory]
    [InlineData("c = LoraConfig(r=8, lora_alpha='16')\n", "'16'", "16")]
    [InlineData("c = LoraConfig(r=8, use_rslora='false')\n", "'false'", "False")]
    [InlineData("args = TrainingArguments('out', learning_rate='2e-4')\n", "'2e-4'", "2e-4")]
    public void A_value_in_quotes_stays_text(string code, string under, string fixedValue)
    {
        code = "x = LoraConfig(r=8)\n" + code;
        var finding = Assert.Single(Of("value-type-mismatch", code));
        Assert.Equal(under, Under(finding, code));
        Assert.Contains("=" + fixedValue, Lint.Fixed(Imports + code, "train.py"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("c = LoraConfig(r=8, lora_alpha=[16])\n", "[16]")]
    [InlineData("args = TrainingArguments('out', warmup_steps={'a': 1})\n", "{'a': 1}")]
    public void A_value_of_another_kind_is_told(string code, string under)
    {
        code = "x = LoraConfig(r=8)\n" + code;
        Assert.Equal(under, Under(Assert.Single(Of("value-type-mismatch", code)), code));
    }

    [Fact]
    public void A_word_that_is_none_of_those_taken_is_told()
    {
        const string Code = "c = LoraConfig(r=8)\nargs = TrainingArguments('out', optim='adamw_torch_fuse')\n";
        var finding = Assert.Single(Of("value-not-in-set", Code));
        Assert.Equal("'adamw_torch_fuse'", Under(finding, Code));
        Assert.Equal("TrainingArguments does not take adamw_torch_fuse for optim; did you mean adamw_torch_fused?", finding.Message);
        Assert.Empty(Of("value-not-in-set", "c = LoraConfig(r=8)\nargs = TrainingArguments('out', ddp_backend='ccl', optim=OPTIM)\n"));
    }

    [Fact]
    public void A_call_inside_of_another_one_takes_its_own_keywords()
    {
        const string Code =
            "t = SFTTrainer('a/b', peft_config=LoraConfig(r=8, lora_alpa=1), args=SFTConfig(output_dir='x', lerning_rate=1e-4))\n";
        Assert.Equal(["lora_alpa", "lerning_rate"], Of("unknown-key", Code).Select(f => Under(f, Code)));
    }

    [Fact]
    public void A_table_has_the_keys_of_the_class_it_is_based_on_once_and_its_own_count()
    {
        static KeyTable Table(string name) => CallTables.Find(new CodeCall(CodeCallKind.Arguments, name, default, IsComplete: true))!;
        var names = Table("SFTConfig").ChildrenOf("").Select(k => k.Name).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.Empty(Table("TrainingArguments").ChildrenOf("").Select(k => k.Name).Except(names));
        Assert.Contains("packing", names);
        Assert.DoesNotContain("packing", Table("TrainingArguments").ChildrenOf("").Select(k => k.Name));
        Assert.Equal("2e-05", Table("SFTConfig").Find("learning_rate")!.Default);
        Assert.Equal("5e-05", Table("TrainingArguments").Find("learning_rate")!.Default);
        Assert.Null(CallTables.Find(new CodeCall(CodeCallKind.Model, "AutoModelForCausalLM.from_pretrained", default, true)));
    }

    [Fact]
    public void Keys_of_a_dict_that_a_call_takes_are_its_keywords()
    {
        const string Code = "s = {'r': 8, 'lora_aplha': 16, 'lora_dropout': '0.1'}\nc = LoraConfig(**s)\n";
        var slip = Assert.Single(Of("unknown-key", Code));
        Assert.Equal("'lora_aplha'", Under(slip, Code));
        Assert.Equal("'0.1'", Under(Assert.Single(Of("value-type-mismatch", Code)), Code));
        // Another call may take the same dict.
        Assert.Single(Of("unknown-key", Code + "d = LoraConfig(**s)\n"));
    }

    [Theory]
    [InlineData("s = {'r': 8, 'lora_aplha': 16}\ns['x'] = 1\nc = LoraConfig(**s)\n")]
    [InlineData("s = {'r': 8, 'lora_aplha': 16}\nc = LoraConfig(**s, **more)\n")]
    public void A_dict_that_is_not_known_whole_is_left_alone(string code) => Assert.Empty(Of("unknown-key", code));

    [Fact]
    public void A_keyword_goes_to_the_call_and_not_into_the_dict()
    {
        const string Code = "s = {'r': 128}\nc = LoraConfig(target_modules=['q_proj'], **s)\n";
        var edits = Lint.Check(Imports + Code, "train.py").Findings.Select(f => f.Fix).OfType<Fix>().SelectMany(f => f.Edits)
            .Where(e => e.Span.Length == 0).ToList();
        var end = (Imports + Code).IndexOf('}', StringComparison.Ordinal);
        Assert.NotEmpty(edits);
        Assert.All(edits, e => Assert.True(e.Span.Start > end));
    }

    [Theory]
    [InlineData("r='16'", "r=16")]
    [InlineData("r=\"16\"", "r=16")]
    public void A_rank_in_quotes_is_no_number(string written, string meant)
    {
        var code = $"c = LoraConfig({written}, lora_alpha=32)\n";
        var finding = Assert.Single(Of("rank-not-integer", code));
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains($"LoraConfig({meant},", Lint.Fixed(Imports + code, "train.py"), StringComparison.Ordinal);
        Assert.Empty(Of("rank-not-integer", $"c = LoraConfig({meant}, lora_alpha=32)\n"));
    }

    [Theory]
    [InlineData("cosin", "TrainingArguments does not take cosin for lr_scheduler_type; did you mean cosine?", Severity.Error)]
    [InlineData("one_cycle", "TrainingArguments does not take one_cycle for lr_scheduler_type", Severity.Warning)]
    public void A_schedule_that_transformers_does_not_have_is_told(string word, string message, Severity severity)
    {
        var code = $"c = LoraConfig(r=8)\na = TrainingArguments('o', lr_scheduler_type='{word}')\n";
        var finding = Assert.Single(Of("value-not-in-set", code));
        Assert.StartsWith(message, finding.Message, StringComparison.Ordinal);
        Assert.Equal(severity, finding.Severity);
    }

    [Theory]
    [InlineData("'cosine'")]
    [InlineData("'warmup_stable_decay'")]
    [InlineData("SchedulerType.COSINE")]
    [InlineData("schedule")]
    public void Schedules_that_are_there_or_not_known_pass(string value) =>
        Assert.Empty(Of("value-not-in-set", $"c = LoraConfig(r=8)\na = TrainingArguments('o', lr_scheduler_type={value})\n"));
}
