using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Unknown keys are found where the tables are sure, and nowhere else.</summary>
public sealed class UnknownKeyTests
{
    private const string Axolotl = "base_model: a/b\nadapter: lora\nlora_r: 16\nlora_alpha: 32\n";
    private const string Trl = "model_name_or_path: a/b\nuse_peft: true\nlora_r: 16\nlora_target_modules: [q_proj, v_proj]\n";

    [Fact]
    public void The_key_is_marked_and_renamed_by_a_safe_fix()
    {
        var finding = Assert.Single(Lint.Of("unknown-key", Axolotl + "learning_rat: 1.0e-4\n", "axolotl"));
        Assert.Equal(Severity.Error, finding.Severity);
        Assert.Equal("Rename to learning_rate", finding.Fix!.Title);
        Assert.Equal(FixSafety.Safe, finding.Fix.Safety);
        Assert.Equal(["learning_rat"], Lint.SpansOf("unknown-key", Axolotl + "learning_rat: 1.0e-4\n", "axolotl"));
    }

    [Fact]
    public void A_rename_that_would_write_a_key_twice_is_not_offered() =>
        Assert.Null(Assert.Single(Lint.Of("unknown-key", Axolotl + "learning_rat: 1.0e-4\nlearning_rate: 2.0e-4\n", "axolotl")).Fix);

    [Fact]
    public void A_rename_to_a_key_of_another_type_is_unsafe() =>
        Assert.Equal(
            FixSafety.Unsafe, Assert.Single(Lint.Of("unknown-key", Axolotl + "lora_target_linea: [q_proj]\n", "axolotl")).Fix!.Safety);

    [Fact]
    public void A_key_that_looks_like_none_is_a_warning_without_a_fix()
    {
        var finding = Assert.Single(Lint.Of("unknown-key", Axolotl + "my_own_note: 1\n", "axolotl"));
        Assert.Equal(Severity.Warning, finding.Severity);
        Assert.Null(finding.Fix);
    }

    [Theory]
    [InlineData("_note: 1\n")]
    [InlineData("x-base: 1\n")]
    [InlineData("\"{{ key }}\": 1\n")]
    [InlineData("plugins: [my.plugin]\nmy_plugin_switch: true\n")]
    [InlineData("lr_scheduler_kwargs: {anything: 1}\n")]
    [InlineData("own_one: 1\nown_two: 2\nown_three: 3\n")]
    public void Notes_templates_plugins_open_places_and_files_of_other_programs_are_passed_over(string more) =>
        Assert.Empty(Lint.Of("unknown-key", Axolotl + more, "axolotl"));

    [Fact]
    public void A_slip_is_found_beside_a_plugin() =>
        Assert.Single(Lint.Of("unknown-key", Axolotl + "plugins: [my.plugin]\nsequence_lenn: 1024\n", "axolotl"));

    [Fact]
    public void Keys_that_come_in_through_a_merge_are_not_repeated() =>
        Assert.Single(Lint.Of("unknown-key", Axolotl + "datasets:\n  - &d {path: a, typ: alpaca}\n  - {<<: *d, path: b}\n", "axolotl"));

    [Fact]
    public void A_script_on_TRLs_parser_has_keys_of_its_own() =>
        Assert.Empty(Lint.Of("unknown-key", Trl + "response_marker: x\ndataset_nam: y\n", "trl"));

    [Fact]
    public void A_slip_in_a_file_of_TRLs_own_keys_is_an_error() =>
        Assert.Equal(Severity.Error, Assert.Single(Lint.Of("unknown-key", Trl + "learning_rat: 1.0e-4\n", "trl")).Severity);

    [Fact]
    public void In_torchtune_a_slip_is_a_warning_and_a_key_of_ones_own_is_fine()
    {
        const string recipe = "model:\n  _component_: torchtune.models.llama3_1.lora_llama3_1_8b\n  lora_attn_modules: [q_proj]\n"
            + "  lora_rank: 8\n  lora_alpha: 16\n";
        Assert.Empty(Lint.Of("unknown-key", recipe + "my_recipe_switch: true\n", "torchtune"));
        Assert.Equal(Severity.Warning, Assert.Single(Lint.Of("unknown-key", recipe + "batch_siz: 2\n", "torchtune")).Severity);
    }

    [Fact]
    public void Sections_of_a_kohya_file_have_any_name()
    {
        const string text = "[my_section]\nnetwork_module = \"networks.lora\"\nnetwork_dim = 8\nnetwork_alpha = 8\nnetwork_droput = 0.1\n";
        Assert.Equal(["network_droput"], Lint.SpansOf("unknown-key", text, "kohya", "config.toml"));
    }
}
