using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>What a key table says about versions counts for the releases that a project runs on, and only for all of them.</summary>
public sealed class VersionTests
{
    // transformers 5.0 removed overwrite_output_dir.
    private const string Removed = """
        model_name_or_path: Qwen/Qwen2.5-7B
        dataset_name: trl-lib/Capybara
        use_peft: true
        lora_r: 16
        lora_alpha: 32
        overwrite_output_dir: true
        output_dir: out
        """;

    [Theory]
    [InlineData(">=5.0", Severity.Error)]
    [InlineData("==5.1.0", Severity.Error)]
    [InlineData(">=4.40", Severity.Warning)]
    [InlineData("==4.55.0", Severity.Info)]
    public void A_removed_key_is_as_wrong_as_the_version_makes_it(string requirement, Severity severity)
    {
        var finding = Assert.Single(Of("renamed-key", Removed, "requirements.txt", "transformers" + requirement));
        Assert.Equal(severity, finding.Severity);
        Assert.Equal(severity != Severity.Warning, finding.Related.Any(r => r.Source.Path == "requirements.txt"));
        Assert.Equal(severity != Severity.Warning, finding.Message.Contains("requirements.txt:1", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_version_a_removed_key_is_a_warning()
    {
        var finding = Assert.Single(Of("renamed-key", Removed, "requirements.txt", "torch"));
        Assert.Equal(Severity.Warning, finding.Severity);
    }

    [Fact]
    public void The_settings_win_over_the_files()
    {
        var options = LintOptions.Default with { Format = "trl", Versions = new Dictionary<string, string> { ["transformers"] = "5.0.0" } };
        var finding = Assert.Single(Of("renamed-key", Removed, "requirements.txt", "transformers==4.40.0", options));
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Contains("by the settings", finding.Message, StringComparison.Ordinal);
        Assert.Empty(finding.Related);
    }

    [Theory]
    [InlineData("trl==0.20.0", 1)]
    [InlineData("trl<0.21", 1)]
    [InlineData("trl==0.21.0", 0)]
    [InlineData("trl>=0.19", 0)]
    [InlineData("trl", 0)]
    public void A_key_is_too_new_only_for_releases_that_surely_lack_it(string requirement, int count)
    {
        var text = Removed.Replace("overwrite_output_dir: true", "lora_target_parameters: [experts.down_proj]", StringComparison.Ordinal);
        Assert.Equal(count, Of("key-newer-than-version", text, "requirements.txt", requirement).Count);
    }

    [Fact]
    public void A_saved_adapters_defaults_are_taken_out_for_an_older_version_and_nothing_else()
    {
        const string adapter = """
            {
              "peft_type": "LORA",
              "lora_bias": false,
              "use_qalora": true,
              "target_modules": ["q_proj", "v_proj"]
            }
            """;
        var files = new GivenFiles("requirements.txt", "peft==0.12.0");
        var findings = Lint.Check(adapter, "adapter_config.json", files: files).Findings
            .Where(f => f.Rule.Name == "key-newer-than-version").ToList();
        Assert.Equal([Severity.Info, Severity.Warning], findings.Select(f => f.Severity));
        Assert.Equal(["Remove lora_bias", null], findings.Select(f => f.Fix?.Title));
        var text = FixPass.Apply(adapter, findings.Select(f => f.Fix).OfType<Fix>());
        Assert.Equal(adapter.Replace("  \"lora_bias\": false,\n", "", StringComparison.Ordinal), text);
    }

    [Fact]
    public void A_rename_is_not_offered_before_the_new_name_exists()
    {
        var axolotl = """
            base_model: meta-llama/Llama-3.1-8B
            adapter: lora
            lora_r: 16
            lora_alpha: 32
            lora_target_linear: true
            evaluation_strategy: steps
            """;
        Assert.NotNull(Assert.Single(Of("renamed-key", axolotl, "requirements.txt", "axolotl>=0.16", Axolotl)).Fix);
    }

    private static LintOptions Axolotl => LintOptions.Default with { Format = "axolotl" };

    private static List<Finding> Of(string rule, string text, string file, string content, LintOptions? options = null) =>
        [.. Lint.Check(text, options: options ?? LintOptions.Default with { Format = "trl" }, files: new GivenFiles(file, content)).Findings
            .Where(f => f.Rule.Name == rule)];
}
