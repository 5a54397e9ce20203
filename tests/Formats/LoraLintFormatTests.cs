using System.Globalization;
using System.Text.Json;
using LoraLint.Rules.Configs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Formats;

public sealed class LoraLintFormatTests
{
    private const string Small = "loralint: 1\nbase_model: m\ndata: {train: data/train.jsonl}\n";

    [Fact]
    public void Every_default_is_known()
    {
        var config = MappedText.Of("loralint", Small).Config;
        MappedText.Default(config.Method, TuningMethod.Lora, "adapter.method");
        MappedText.Default(config.Rank, 16, "adapter.rank");
        MappedText.Default(config.Alpha, 32, "adapter.alpha");
        Assert.Equal(2, config.Scaling.Or(0));
        MappedText.Default(config.QuantizationBits, 16, "quantization.bits");
        MappedText.Default(config.ComputeDtype, "bfloat16");
        MappedText.Default(config.Warmup, new Warmup(0.03, WarmupUnit.Ratio), "training.warmup_ratio");
        MappedText.Default(config.Epochs, 1, "training.epochs");
        MappedText.Default(config.Init, "true", "adapter.init");
        MappedText.Default(config.EvalStrategy, "no", "training.evaluate_every");
        MappedText.Default(config.SaveStrategy, "epoch", "training.save_every");
        Assert.True(config.TargetModules.Or(null!).IsAllLinear);
        Assert.Equal(TrainingTask.SupervisedFineTuning, config.Task);
        MappedText.Absent(config.MaxSteps);
        MappedText.Absent(config.EarlyStoppingPatience);
        MappedText.Absent(config.QuantizationType);
    }

    [Fact]
    public void Qlora_brings_its_quantization()
    {
        var mapped = MappedText.Of("loralint", Small + "adapter: {method: qlora}\n");
        mapped.Derived(mapped.Config.QuantizationBits, 4, "method=qlora");
        mapped.Derived(mapped.Config.QuantizationType, "nf4", "method=qlora");
        mapped.Derived(mapped.Config.DoubleQuantization, true, "method=qlora");
        Assert.Equal(TuningMethod.Qlora, mapped.Config.Method.Or(TuningMethod.Unknown));
    }

    [Fact]
    public void What_is_written_about_quantization_counts()
    {
        var mapped = MappedText.Of(
            "loralint", Small + "adapter: {method: dora}\nquantization: {bits: 4, type: fp4, compute_dtype: float32}\n");
        mapped.Written(mapped.Config.QuantizationBits, 4, "quantization.bits", "bits=4");
        mapped.Written(mapped.Config.QuantizationType, "fp4", "quantization.type", "type=fp4");
        mapped.Derived(mapped.Config.DoubleQuantization, true, "bits=4");
        Assert.Equal("float32", mapped.Config.ComputeDtype.Or(""));
        Assert.Equal(TuningMethod.Dora, mapped.Config.Method.Or(TuningMethod.Unknown));
    }

    [Fact]
    public void Alpha_follows_a_written_rank()
    {
        var mapped = MappedText.Of("loralint", Small + "adapter: {rank: 64}\n");
        mapped.Derived(mapped.Config.Alpha, 128, "rank=64");
    }

    [Theory]
    [InlineData("training: {warmup_steps: 50}", 50, WarmupUnit.Steps)]
    [InlineData("training: {warmup_ratio: 0.1}", 0.1, WarmupUnit.Ratio)]
    public void Warmup_counts_steps_or_is_a_share(string yaml, double amount, WarmupUnit unit) =>
        Assert.Equal(new Warmup(amount, unit), MappedText.Of("loralint", Small + yaml + "\n").Config.Warmup.Or(null!));

    [Fact]
    public void A_limit_in_steps_replaces_the_epochs()
    {
        var config = MappedText.Of("loralint", Small + "training: {max_steps: 500}\n").Config;
        MappedText.Absent(config.Epochs);
        Assert.Equal(500, config.MaxSteps.Or(0));
    }

    [Theory]
    [InlineData("data: {train: a.jsonl, validation: b.jsonl}", "epoch")]
    [InlineData("data: {train: a.jsonl, validation_split: 0.1}", "epoch")]
    [InlineData("data: {train: a.jsonl, validation_split: 0}", "no")]
    [InlineData("data: {train: a.jsonl}\ntraining: {evaluate_every: 50}", "steps")]
    public void Evaluation_needs_something_to_evaluate_on(string yaml, string strategy) =>
        Assert.Equal(strategy, MappedText.Of("loralint", "loralint: 1\nbase_model: m\n" + yaml + "\n").Config.EvalStrategy.Or(""));

    [Theory]
    [InlineData("all", "all", true)]
    [InlineData("[0, 1, 2]", "[0, 1, 2]", true)]
    [InlineData("first", "", false)]
    public void Layers_are_all_or_listed(string written, string shown, bool known)
    {
        var layers = MappedText.Of("loralint", Small + $"adapter: {{layers: {written}}}\n").Config.Layers;
        Assert.Equal(known, layers.IsKnown);
        if (known)
            Assert.Equal(shown, layers.Or(null!).ToString());
    }

    [Fact]
    public void YAML_1_2_reads_numbers_and_words_as_people_do()
    {
        var mapped = MappedText.Of("loralint", Small + "training: {learning_rate: 2e-4}\nadapter: {bias: no}\n");
        mapped.Written(mapped.Config.LearningRate, 2e-4, "training.learning_rate", "learning_rate=2e-4");
        Assert.Equal("no", mapped.Config.Bias.Or(""));
    }

    [Fact]
    public void An_unknown_method_is_not_guessed() =>
        MappedText.Unknown(MappedText.Of("loralint", Small + "adapter: {method: ia3}\n").Config.Method);

    [Fact]
    public void The_version_at_the_top_is_what_it_is_known_by()
    {
        Assert.Equal("loralint", MappedText.FormatOf(Small));
        Assert.Null(MappedText.FormatOf("base_model: m\ndata: {train: x}\n"));
    }

    [Fact]
    public void Mapping_and_schema_name_the_same_keys_with_the_same_defaults()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Repository.PathTo("schemas", "loralint.schema.json")));
        var inSchema = Leaves(schema.RootElement, "").ToDictionary();
        var config = MappedText.Of("loralint", Small).Config;
        var settings = typeof(TrainingConfig).GetProperties().Select(p => p.GetValue(config)).OfType<ISetting>()
            .Where(s => s.Key.Length > 0).ToList();

        // These have no counterpart in TrainingConfig or show under another key of theirs.
        string[] apart =
        [
            "loralint", "data.format", "data.mask_prompt", "training.warmup_steps", "quantization.compute_dtype", "adapter.exclude_modules",
            "adapter.last_layers", "adapter.layers_pattern", "data.columns", "data.chat_template", "data.drop_long_samples",
            "training.beta1", "training.beta2", "training.epsilon", "training.bias_correction", "training.loraplus_ratio",
            "training.restore_best",
            "training.keep_checkpoints",
        ];
        Assert.Equal(inSchema.Keys.Except(apart).Order(), settings.Select(s => s.Key).Except(apart).Distinct().Order());
        foreach (var setting in settings)
        {
            // init is named by PEFT's words in TrainingConfig, and precision shows only in what follows from it.
            var isApart = setting.Key is "adapter.init" or "training.precision" || setting.BoxedValue is not (double or bool or string);
            if (setting.Origin == SettingOrigin.Default && !isApart && inSchema[setting.Key].TryGetProperty("default", out var value))
                Assert.Equal(value.ToString(), string.Create(CultureInfo.InvariantCulture, $"{setting.BoxedValue}"));
        }
    }

    [Fact]
    public void Every_key_of_the_schema_is_described()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Repository.PathTo("schemas", "loralint.schema.json")));
        foreach (var (key, leaf) in Leaves(schema.RootElement, ""))
            Assert.True(leaf.GetProperty("description").GetString()!.Length > 10, key);
    }

    private static IEnumerable<KeyValuePair<string, JsonElement>> Leaves(JsonElement schema, string prefix)
    {
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            if (!property.Value.TryGetProperty("properties", out _))
                yield return new(prefix + property.Name, property.Value);
            else
            {
                foreach (var leaf in Leaves(property.Value, prefix + property.Name + "."))
                    yield return leaf;
            }
        }
    }
}
