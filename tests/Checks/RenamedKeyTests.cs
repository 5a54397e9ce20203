using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Keys of older versions are reported when they do something.</summary>
public sealed class RenamedKeyTests
{
    private const string Axolotl = "base_model: a/b\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n";
    private const string Trl = "model_name_or_path: a/b\nuse_peft: true\nlora_r: 16\nlora_target_modules: [q_proj, v_proj]\n";

    [Theory]
    [InlineData("max_packed_sequence_len:\n")]
    [InlineData("max_packed_sequence_len: null\n")]
    [InlineData("debug:\n")]
    public void A_blank_value_does_nothing(string line) => Assert.Empty(Lint.Of("renamed-key", Axolotl + line, "axolotl"));

    [Fact]
    public void What_axolotl_raises_at_is_an_error() =>
        Assert.Equal(Severity.Error, Assert.Single(Lint.Of("renamed-key", Axolotl + "s2_attention: true\n", "axolotl")).Severity);

    [Fact]
    public void A_switch_that_is_off_is_no_error() =>
        Assert.DoesNotContain(Lint.Of("renamed-key", Axolotl + "s2_attention: false\n", "axolotl"), f => f.Severity == Severity.Error);

    [Fact]
    public void A_removed_key_is_a_warning_with_the_version() =>
        Assert.Contains(
            "0.20.0", Assert.Single(Lint.Of("renamed-key", Trl + "max_seq_length: 1024\n", "trl")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_new_name_is_not_written_twice() =>
        Assert.Null(Assert.Single(Lint.Of("renamed-key", Trl + "max_seq_length: 1024\nmax_length: 1024\n", "trl")).Fix);

    [Fact]
    public void A_successor_of_another_kind_is_named_but_not_written()
    {
        var finding = Assert.Single(Lint.Of("renamed-key", Trl + "use_flash_attention_2: true\n", "trl"));
        Assert.Contains("attn_implementation", finding.Message, StringComparison.Ordinal);
        Assert.Null(finding.Fix);
    }

    [Fact]
    public void Warmup_ratio_is_left_alone() => Assert.Empty(Lint.Of("renamed-key", Trl + "warmup_ratio: 0.03\n", "trl"));

    [Fact]
    public void A_script_of_ones_own_may_have_a_key_that_TRL_lost() =>
        Assert.Empty(Lint.Of("renamed-key", Trl + "preprocessing_num_workers: 8\n", "trl"));
}
