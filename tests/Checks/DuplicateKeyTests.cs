using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Of equal keys the one that loses is reported, at the severity that its loader deserves.</summary>
public sealed class DuplicateKeyTests
{
    private const string Axolotl = "base_model: a/b\nadapter: lora\nlora_r: 16\n";
    private const string Factory = "model_name_or_path: a/b\nstage: sft\n";

    [Fact]
    public void The_message_tells_what_counts()
    {
        var finding = Assert.Single(Lint.Of("duplicate-key", Axolotl + "lora_r: 64\n", "axolotl"));
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Contains("line 4 counts (64 instead of 16)", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_value_twice_is_info() =>
        Assert.Equal(Severity.Info, Assert.Single(Lint.Of("duplicate-key", Axolotl + "lora_r: 16\n", "axolotl")).Severity);

    [Fact]
    public void OmegaConf_refuses_the_file() =>
        Assert.Equal(
            Severity.Error, Assert.Single(Lint.Of("duplicate-key", Factory + "lora_rank: 8\nlora_rank: 8\n", "llama-factory")).Severity);

    [Fact]
    public void Three_of_a_kind_are_two_losers() =>
        Assert.Equal(2, Lint.Of("duplicate-key", Axolotl + "lora_r: 32\nlora_r: 64\n", "axolotl").Count);

    [Fact]
    public void Nested_mappings_are_looked_at() =>
        Assert.Equal(["path"], Lint.SpansOf("duplicate-key", Axolotl + "datasets:\n  - path: a\n    path: b\n", "axolotl"));

    [Fact]
    public void A_merge_key_overrides_nothing() =>
        Assert.Empty(Lint.Of("duplicate-key", Axolotl + "datasets:\n  - &d {path: a, type: alpaca}\n  - {<<: *d, path: b}\n", "axolotl"));
}
