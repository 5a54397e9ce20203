using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Which learning rates are left alone, and how much each finding counts.</summary>
public sealed class LearningRateTests
{
    private const string Lora = "base_model: a/b\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n";
    private const string Qlora = "base_model: a/b\nadapter: qlora\nload_in_4bit: true\nlora_r: 16\nlora_alpha: 32\n";

    [Theory]
    [InlineData("learning_rate: 0.000021\n", null)]
    [InlineData("learning_rate: 2e-5\n", Severity.Info)]
    [InlineData("learning_rate: 0.00001\n", Severity.Info)]
    [InlineData("learning_rate: 0.000009\n", Severity.Warning)]
    [InlineData("learning_rate: 0.000001\nrl: dpo\n", null)]
    [InlineData("learning_rate: 0.000001\nrl: grpo\n", null)]
    [InlineData("learning_rate: 0.000001\npretraining_dataset: c4\n", null)]
    [InlineData("learning_rate: 0.000001\noptimizer: lion_8bit\n", null)]
    [InlineData("learning_rate: 0.000001\nlora_alpha: 128\n", null)]
    [InlineData("learning_rate: ${lr}\n", null)]
    public void A_rate_for_full_fine_tuning_is_reported_for_supervised_fine_tuning_with_Adam(string more, Severity? severity)
    {
        var given = more.Contains("lora_alpha", StringComparison.Ordinal)
            ? Lora.Replace("lora_alpha: 32\n", "", StringComparison.Ordinal)
            : Lora;
        var text = given + more;
        Assert.Equal(severity, Lint.Of("lr-too-low-for-lora", text, "axolotl").SingleOrDefault()?.Severity);
    }

    [Fact]
    public void Mlx_comes_with_a_low_rate_and_a_large_scale() =>
        Assert.Empty(Lint.Of("lr-too-low-for-lora", "model: a/b\ntrain: true\ndata: d\niters: 100\nlearning_rate: 1e-5\n", "mlx-lm"));

    [Theory]
    [InlineData("learning_rate: 0.001\n", null)]
    [InlineData("learning_rate: 0.002\n", Severity.Info)]
    [InlineData("learning_rate: 0.003\n", Severity.Warning)]
    [InlineData("learning_rate: 1.0\noptimizer: prodigy\n", null)]
    [InlineData("learning_rate: 0.02\noptimizer: muon\n", null)]
    [InlineData("learning_rate: 0.005\nmodel_type: AutoModelForSequenceClassification\n", null)]
    public void A_rate_above_all_ranges_is_reported_where_the_ranges_hold(string more, Severity? severity) =>
        Assert.Equal(severity, Lint.Of("lr-too-high-for-lora", Lora + more, "axolotl").SingleOrDefault()?.Severity);

    [Theory]
    [InlineData("learning_rate: 0.0002\n", null)]
    [InlineData("learning_rate: 0.0003\n", Severity.Info)]
    [InlineData("learning_rate: 0.0005\n", Severity.Info)]
    [InlineData("learning_rate: 0.0006\n", Severity.Warning)]
    [InlineData("learning_rate: 0.0006\npeft_use_dora: true\n", Severity.Warning)]
    public void On_a_4_bit_base_there_are_three_grades(string more, Severity? severity)
    {
        Assert.Equal(severity, Lint.Of("lr-high-for-qlora", Qlora + more, "axolotl").SingleOrDefault()?.Severity);
        Assert.Empty(Lint.Of("lr-too-high-for-lora", Qlora + more, "axolotl"));
    }

    [Fact]
    public void The_documented_profile_makes_the_middle_grade_a_warning()
    {
        var result = Lint.Check(
            Qlora + "learning_rate: 0.0003\n", options: LintOptions.Default with { Format = "axolotl", Profile = Profile.Documented });
        Assert.Equal(Severity.Warning, Assert.Single(result.Findings, f => f.Rule.Name == "lr-high-for-qlora").Severity);
    }

    [Theory]
    [InlineData("reward_funcs: [accuracy]\n", 1)]
    [InlineData("reward_funcs: [accuracy]\nlearning_rate: 1.0e-6\n", 0)]
    [InlineData("my_own_key: 1\nresponse_marker: x\nlearning_rate: ${lr}\n", 0)]
    public void TRLs_own_default_is_reported_whatever_the_trainer(string more, int findings) =>
        Assert.Equal(
            findings,
            Lint.Of("lr-too-low-for-lora", "model_name_or_path: a/b\nuse_peft: true\nlora_r: 8\ndataset_name: c/d\n" + more, "trl").Count);
}
