using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Tests.Formats;

public sealed class LitgptFormatTests
{
    [Fact]
    public void The_defaults_of_finetune_lora_hold()
    {
        var config = MappedText.Of("litgpt", "checkpoint_dir: checkpoints/microsoft/phi-2\nlora_query: true\n").Config;
        MappedText.Default(config.Method, TuningMethod.Lora, "quantize");
        MappedText.Default(config.Rank, 8, "lora_r");
        MappedText.Default(config.Alpha, 16, "lora_alpha");
        MappedText.Default(config.Dropout, 0.05, "lora_dropout");
        MappedText.Default(config.LearningRate, 1e-3, "optimizer.init_args.lr");
        MappedText.Default(config.WeightDecay, 0.01, "optimizer.init_args.weight_decay");
        MappedText.Default(config.Optimizer, "AdamW", "optimizer");
        MappedText.Default(config.LrScheduler, "cosine");
        MappedText.Default(config.Warmup, new Warmup(100, WarmupUnit.Steps), "train.lr_warmup_steps");
        MappedText.Default(config.Epochs, 5, "train.epochs");
        MappedText.Default(config.MicroBatchSize, 1, "train.micro_batch_size");
        MappedText.Default(config.QuantizationBits, 16, "quantize");
        MappedText.Default(config.Seed, 1337, "seed");
        MappedText.Default(config.EvalSteps, 100, "eval.interval");
        MappedText.Default(config.SaveSteps, 1000, "train.save_interval");
        MappedText.Default(config.OutputDir, "out/finetune/lora", "out_dir");
        MappedText.Default(config.ValidationSplit, 0.03865);
        Assert.Equal(16, config.GradientAccumulationSteps.Or(0));
        // What the hardware decides is not known.
        MappedText.Absent(config.ComputeDtype);
        MappedText.Absent(config.Bf16);
        MappedText.Absent(config.MaxSequenceLength);
        MappedText.Absent(config.DoubleQuantization);
    }

    [Theory]
    [InlineData("bnb.nf4", TuningMethod.Qlora, 4, "nf4", false)]
    [InlineData("bnb.nf4-dq", TuningMethod.Qlora, 4, "nf4", true)]
    [InlineData("bnb.fp4", TuningMethod.Qlora, 4, "fp4", false)]
    [InlineData("bnb.fp4-dq", TuningMethod.Qlora, 4, "fp4", true)]
    [InlineData("bnb.int8-training", TuningMethod.Lora, 8, "int8", false)]
    public void Quantize_tells_bits_type_and_double(string word, TuningMethod method, double bits, string type, bool isDouble)
    {
        var mapped = MappedText.Of("litgpt", $"lora_r: 8\nquantize: {word}\n");
        mapped.Derived(mapped.Config.Method, method, "quantize=" + word);
        mapped.Derived(mapped.Config.QuantizationBits, bits, "quantize=" + word);
        mapped.Derived(mapped.Config.QuantizationType, type, "quantize=" + word);
        mapped.Derived(mapped.Config.DoubleQuantization, isDouble, "quantize=" + word);
    }

    [Fact]
    public void Switches_choose_the_modules()
    {
        var mapped = MappedText.Of("litgpt", "lora_r: 8\nlora_key: true\nlora_mlp: true\n");
        var roles = ModuleRoles.Query | ModuleRoles.Key | ModuleRoles.Value | ModuleRoles.Mlp;
        Assert.Equal(roles, mapped.Config.TargetModules.Or(null!).Roles);
        Assert.Equal(SettingOrigin.Written, mapped.Config.TargetModules.Origin);
        Assert.Equal("lora_key", mapped.Config.TargetModules.Key);
    }

    [Fact]
    public void Without_switches_it_is_query_and_value()
    {
        var modules = MappedText.Of("litgpt", "lora_r: 8\n").Config.TargetModules;
        Assert.Equal(SettingOrigin.Default, modules.Origin);
        Assert.Equal(ModuleRoles.Query | ModuleRoles.Value, modules.Or(null!).Roles);
    }

    [Fact]
    public void All_switches_off_choose_nothing()
    {
        var modules = MappedText.Of("litgpt", "lora_query: false\nlora_value: false\n").Config.TargetModules.Or(null!);
        Assert.True(modules.RolesAreKnown);
        Assert.Equal(ModuleRoles.None, modules.Roles);
    }

    [Fact]
    public void An_unknown_switch_makes_the_modules_unknown() =>
        MappedText.Unknown(MappedText.Of("litgpt", "lora_query: true\nlora_mlp: ${mlp}\n").Config.TargetModules);

    [Theory]
    [InlineData("train: {global_batch_size: 64, micro_batch_size: 4}", 16.0)]
    [InlineData("devices: 4\ntrain: {global_batch_size: 64, micro_batch_size: 4}", 4.0)]
    [InlineData("devices: 2\nnum_nodes: 2\ntrain: {global_batch_size: 70, micro_batch_size: 4}", 4.0)]
    [InlineData("train: {micro_batch_size: 4}", 4.0)]
    [InlineData("devices: auto\ntrain: {global_batch_size: 64, micro_batch_size: 4}", null)]
    [InlineData("train: {global_batch_size: 64, micro_batch_size: 0}", null)]
    public void Accumulation_follows_from_batch_sizes_and_devices(string yaml, double? steps)
    {
        var setting = MappedText.Of("litgpt", "lora_r: 8\n" + yaml + "\n").Config.GradientAccumulationSteps;
        Assert.Equal(steps, setting.TryGet(out var value) ? value : null);
    }

    [Theory]
    [InlineData("devices: 1", false)]
    [InlineData("devices: 4", true)]
    [InlineData("devices: 1\nnum_nodes: 2", true)]
    public void Activations_are_recomputed_on_several_devices(string yaml, bool recomputed) =>
        Assert.Equal(recomputed, MappedText.Of("litgpt", "lora_r: 8\n" + yaml + "\n").Config.GradientCheckpointing.Or(!recomputed));

    [Theory]
    [InlineData("bf16-mixed", "bfloat16", true, false)]
    [InlineData("16-mixed", "float16", false, true)]
    [InlineData("32-true", "float32", false, false)]
    [InlineData("bf16-true", "bfloat16", null, null)]
    public void Precision_tells_the_type_and_whether_it_is_mixed(string word, string dtype, bool? bf16, bool? fp16)
    {
        var config = MappedText.Of("litgpt", $"lora_r: 8\nprecision: {word}\n").Config;
        Assert.Equal(dtype, config.ComputeDtype.Or(""));
        Assert.Equal(bf16, config.Bf16.BoxedValue);
        Assert.Equal(fp16, config.Fp16.BoxedValue);
    }

    [Fact]
    public void A_written_null_is_no_default()
    {
        var config = MappedText.Of("litgpt", "lora_r:\nlora_alpha: 32\ntrain: {epochs: null, save_interval: null}\n").Config;
        MappedText.Absent(config.Rank);
        MappedText.Absent(config.Scaling);
        MappedText.Absent(config.Epochs);
        Assert.Equal("no", config.SaveStrategy.Or(""));
    }

    [Fact]
    public void Values_are_found_where_they_are_written()
    {
        var mapped = MappedText.Of("litgpt", """
            lora_r: 32
            optimizer:
              class_path: torch.optim.AdamW
              init_args: {lr: 2e-4, weight_decay: 0.0}
            data:
              class_path: litgpt.data.JSON
              init_args:
                json_path: data/train.json
                val_split_fraction: 0.1
            """);
        var config = mapped.Config;
        mapped.Written(config.LearningRate, 2e-4, "optimizer.init_args.lr", "lr=2e-4");
        mapped.Written(config.WeightDecay, 0, "optimizer.init_args.weight_decay", "weight_decay=0.0");
        mapped.Written(config.ValidationSplit, 0.1, "data.init_args.val_split_fraction", "val_split_fraction=0.1");
        Assert.Equal(["data/train.json"], config.Dataset.Or([]));
    }

    [Fact]
    public void The_rate_of_an_unknown_optimizer_has_no_default()
    {
        var config = MappedText.Of("litgpt", "lora_r: 8\noptimizer: my.optim.Sophia\n").Config;
        MappedText.Absent(config.LearningRate);
        MappedText.Absent(config.WeightDecay);
        Assert.Equal("Sophia", config.Optimizer.Or(""));
    }

    [Fact]
    public void A_full_fine_tune_is_recognised_and_passed_over()
    {
        const string text = "checkpoint_dir: phi-2\ndata: {class_path: litgpt.data.Alpaca}\ntrain: {save_interval: 1, log_interval: 8}\n";
        Assert.Equal("litgpt", MappedText.FormatOf(text));
        Assert.False(MappedText.Of("litgpt", text).Config.ConcernsLora);
    }

    [Theory]
    [InlineData("lora_query: true\nlora_mlp: true", "litgpt")]
    [InlineData("lora_r: 8\nlora_alpha: 16", "lora")]
    [InlineData("checkpoint_dir: x\ntrain: {epochs: 1}", null)]
    public void Module_switches_and_train_keys_are_what_litgpt_is_known_by(string yaml, string? format) =>
        Assert.Equal(format, MappedText.FormatOf(yaml));
}
