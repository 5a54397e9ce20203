using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Names of other frameworks lead to this framework's name for the setting.</summary>
public sealed class CrossFrameworkKeyTests
{
    private const string Axolotl = "base_model: a/b\nadapter: lora\nlora_alpha: 32\n";
    private const string Factory = "model_name_or_path: a/b\nstage: sft\ndo_train: true\nfinetuning_type: lora\n";

    [Theory]
    [InlineData("axolotl", "lora_rank", "lora_r")]
    [InlineData("axolotl", "per_device_train_batch_size", "micro_batch_size")]
    [InlineData("llama-factory", "r", "lora_rank")]
    [InlineData("trl", "cutoff_len", "max_length")]
    [InlineData("torchtune", "lora_r", "model.lora_rank")]
    [InlineData("peft", "lora_rank", "r")]
    [InlineData("mlx-lm", "gradient_accumulation_steps", "grad_accumulation_steps")]
    [InlineData("litgpt", "learning_rate", "optimizer.init_args.lr")]
    public void The_counterpart_is_known(string format, string name, string path) =>
        Assert.Equal(path, KeyConcepts.CounterpartOf(format, name)?.Path);

    [Fact]
    public void A_name_of_the_format_itself_has_no_counterpart() => Assert.Null(KeyConcepts.CounterpartOf("axolotl", "lora_r"));

    [Fact]
    public void Every_counterpart_is_a_living_key_of_its_format()
    {
        var formats = FormatCatalog.All.Where(f => f.Keys is not null).ToList();
        var names = new HashSet<string>(formats.SelectMany(f => f.Keys!.ChildrenOf("")).Select(k => k.Name))
        {
            "lora_attn_modules", "lr", "max_seq_len", "rank", "alpha",
        };
        var seen = 0;
        foreach (var format in formats)
        {
            foreach (var name in names)
            {
                if (KeyConcepts.CounterpartOf(format.Name, name) is not { } counterpart)
                    continue;
                seen++;
                var key = format.Keys!.Find(counterpart.Path);
                // Components of torchtune and litgpt bring arguments that no table can list.
                var parent = counterpart.Path[..Math.Max(0, counterpart.Path.LastIndexOf('.'))];
                Assert.True(key is { Removed: false } || format.Keys.IsOpenAt(parent), $"{format.Name} has no {counterpart.Path}");
            }
        }

        Assert.True(seen > 200, $"only {seen} counterparts");
    }

    [Fact]
    public void A_key_that_is_there_already_is_named_and_not_written_twice()
    {
        var finding = Assert.Single(Lint.Of("cross-framework-key", Axolotl + "lora_r: 16\nlora_rank: 32\n", "axolotl"));
        Assert.Contains("in the file too", finding.Message, StringComparison.Ordinal);
        Assert.Null(finding.Fix);
    }

    [Fact]
    public void A_setting_with_values_of_its_own_is_not_renamed() =>
        Assert.Null(Assert.Single(Lint.Of("cross-framework-key", Factory + "load_in_4bit: true\n", "llama-factory")).Fix);

    [Fact]
    public void Values_filled_in_later_do_not_matter() =>
        Assert.Equal(
            FixSafety.Safe, Assert.Single(Lint.Of("cross-framework-key", Axolotl + "lora_rank: ${rank}\n", "axolotl")).Fix?.Safety);
}
