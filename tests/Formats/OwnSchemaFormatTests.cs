using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Formats;

public sealed class OwnSchemaFormatTests
{
    [Theory]
    [InlineData("lora: {r: 8}\n")]
    [InlineData("lora: {rank: 8, alpha: 16}\ntraining: {learning_rate: 1e-4}\n")]
    [InlineData("model: {lora_rank: 64, lora_alpha: 128}\n")]
    [InlineData("peft_config: {r: 8, lora_alpha: 16}\n")]
    [InlineData("adapter: {rank: 8, alpha: 16, target_modules: [q_proj]}\n")]
    [InlineData("net: {network_dim: 8, network_alpha: 4}\n")]
    [InlineData("modules: {lora_config: {target: sat.LoraMixin, params: {r: 128}}}\n")]
    [InlineData("lora_unet:\n- {lr: 1e-4, rank: 8}\n")]
    [InlineData("LoraConfig: {Rank: 8}\n")]
    [InlineData("lora_r: '8'\nlora_dropout: 0.1\n")]
    [InlineData("job: {inputs: {apply_lora: True, learning_rate: 1e-4}}\n")]
    public void What_says_LoRA_twice_is_recognised(string text) => Assert.Equal("lora", MappedText.FormatOf(text));

    [Theory]
    // Sizes of DeepSeek's attention.
    [InlineData("q_lora_rank: 1536\nkv_lora_rank: 512\nlearning_rate: 1e-4\n")]
    // Processes, polar coordinates, colours, the rank of a tensor, and nothing beside them that only LoRA has.
    [InlineData("rank: 0\nworld_size: 8\nlearning_rate: 1e-4\n")]
    [InlineData("point: {r: 1.5, alpha: 0.3}\n")]
    [InlineData("color: {r: 255, g: 0, b: 0, alpha: 1}\n")]
    [InlineData("exploration: {rank: 3, alpha: 0.5}\nflora: {rank: 2}\n")]
    [InlineData("model: {rank: 2, dim: 768, dropout: 0.1}\ntraining: {learning_rate: 1e-4}\n")]
    // A serving program, a radio, a schema, help texts, a search.
    [InlineData("enable_lora: true\nmax_lora_rank: 64\nmax_loras: 4\nmodel: x/y\n")]
    [InlineData("lora: {frequency: 868, spreading_factor: 7, bandwidth: 125}\n")]
    [InlineData("properties: {lora: {properties: {rank: {type: integer}, alpha: {type: integer}}}}\n")]
    [InlineData("lora_r: the rank\nlora_alpha: the scaling\nlearning_rate: the rate\n")]
    [InlineData("parameters: {lora_r: {values: [8, 16]}, lora_alpha: {values: [16, 32]}}\n")]
    // Other people's files.
    [InlineData("name: lora-trainer\nversion: 1.0.0\nscripts: {train: 'python train.py --lora_r 8'}\ndependencies: {peft: 1}\n")]
    [InlineData("apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: [{args: [--lora_r, '8']}]}}}\n")]
    [InlineData("services: {train: {image: x, command: [--lora_rank, '8'], ports: ['80:80']}}\n")]
    [InlineData("compute_environment: LOCAL_MACHINE\ndistributed_type: FSDP\nmachine_rank: 0\nnum_processes: 8\n")]
    [InlineData("train_batch_size: auto\nzero_optimization: {stage: 2}\n")]
    [InlineData("architectures: [LlamaForCausalLM]\nhidden_size: 4096\nrank: 8\n")]
    [InlineData("config: {lora_r: 16, lora_alpha: 32, learning_rate: 1e-3}\nmetrics: [{step: 1, loss: 2.5}]\n")]
    public void What_does_not_is_left_alone(string text) =>
        Assert.DoesNotContain(MappedText.FormatOf(text), new[] { OwnSchemaFormat.FormatName });

    [Fact]
    public void Settings_of_the_run_are_found_around_the_block_and_in_mappings_of_the_usual_names()
    {
        var text = MappedText.Of(
            "lora",
            """
            model:
              name: x/y
              max_seq_length: 512
            training:
              optimizer: {lr: 2.0e-4}
              num_epochs: 3
              per_device_train_batch_size: 2
              gradient_accumulation_steps: 8
              warmup_ratio: 0.03
              seed: 1
            quantization: {load_in_4bit: true, bnb_4bit_quant_type: nf4}
            lora:
              r: 8
              alpha: 16
              dropout: 0.05
              bias: none
              target_modules: [q_proj, v_proj]
            evaluation: {seed: 7, per_device_train_batch_size: 64}
            """);
        var config = text.Config;
        text.Written(config.Rank, 8, "lora.r", "r=8");
        text.Written(config.Alpha, 16, "lora.alpha", "alpha=16");
        text.Derived(config.Scaling, 2, "alpha=16");
        text.Written(config.Dropout, 0.05, "lora.dropout", "dropout=0.05");
        text.Written(config.Bias, "none", "lora.bias", "bias=none");
        text.Written(config.LearningRate, 2e-4, "training.optimizer.lr", "lr=2.0e-4");
        text.Written(config.Epochs, 3, "training.num_epochs", "num_epochs=3");
        text.Written(config.MicroBatchSize, 2, "training.per_device_train_batch_size", "per_device_train_batch_size=2");
        text.Written(config.BaseModel, "x/y", "model.name", "name=x/y");
        text.Written(config.MaxSequenceLength, 512, "model.max_seq_length", "max_seq_length=512");
        text.Written(config.Seed, 1, "training.seed", "seed=1");
        text.Written(config.QuantizationType, "nf4", "quantization.bnb_4bit_quant_type", "bnb_4bit_quant_type=nf4");
        text.Derived(config.Method, TuningMethod.Qlora, "r=8");
        Assert.Equal(["q_proj", "v_proj"], config.TargetModules.Or(ModuleSelection.AllLinear()).Names);
        Assert.Equal(new Warmup(0.03, WarmupUnit.Ratio), config.Warmup.Or(default!));
    }

    [Fact]
    public void What_is_written_nowhere_or_in_two_places_is_not_known()
    {
        var config = MappedText.Map("lora", "lora: {rank: 8}\ntraining: {lr: 1e-4}\noptimizer: {lr: 2e-4}\nmodel: {dropout: 0.3}\n");
        MappedText.Absent(config.Alpha);
        MappedText.Absent(config.Scaling);
        MappedText.Absent(config.Dropout);
        MappedText.Absent(config.LearningRate);
        MappedText.Absent(config.TargetModules);
        MappedText.Absent(config.QuantizationBits);
    }

    [Fact]
    public void Beside_a_rank_in_the_flat_only_names_with_LoRA_in_them_are_the_adapters()
    {
        var config = MappedText.Map("lora", "lora_rank: 8\nalpha: 0.5\ndropout: 0.9\nbias: all\nlora_dropout: 0.1\n");
        MappedText.Absent(config.Alpha);
        MappedText.Absent(config.Bias);
        Assert.Equal(0.1, config.Dropout.Or(0));
    }

    [Theory]
    [InlineData("is_peft: false\npeft_config: {r: 8, lora_alpha: 16}\n", false)]
    [InlineData("use_lora: false\nlora: {r: 8}\n", false)]
    [InlineData("use_lora: false\nuse_qlora: true\nlora: {r: 8}\n", true)]
    [InlineData("training: {enable_lora: true}\nlora: {r: 8}\n", true)]
    [InlineData("lora: {enabled: false, r: 8}\n", false)]
    [InlineData("lora: {enabled: '${on}', r: 8}\n", true)]
    [InlineData("lora_r: 0\nlora_alpha: 16\n", false)]
    [InlineData("training: {method: full}\nlora: {r: 8}\n", false)]
    [InlineData("training: {method: lora}\nlora: {r: 8}\n", true)]
    public void A_switch_may_turn_the_block_off(string text, bool isOn) => Assert.Equal(isOn, MappedText.Map("lora", text).ConcernsLora);

    [Fact]
    public void Each_block_of_a_file_is_a_config_with_what_belongs_to_it_alone()
    {
        const string Text = """
            learning_rate: 1e-4
            experiments:
            - {name: a, lora: {r: 8, alpha: 16}, training: {lr: 1e-4}}
            - {name: b, lora: {r: 16, alpha: 32}, training: {lr: 2e-4}}
            text_encoder: {lora_rank: 4, lora_alpha: 4}
            """;
        var document = ConfigReader.Read(new SourceText("config.yaml", Text), ConfigLanguage.Yaml);
        var configs = Linter.Recognise(document, LintOptions.Default).Select(c => c.Config).ToList();
        Assert.Equal([8, 16, 4], configs.Select(c => c.Rank.Or(0)));
        Assert.Equal([1e-4, 2e-4, 0], configs.Select(c => c.LearningRate.Or(0)));
        Assert.Equal(["lora.r", "lora.r", "lora_rank"], configs.Select(c => c.Rank.Key));
    }

    [Fact]
    public void A_name_with_a_dot_on_the_way_to_the_block_does_no_harm()
    {
        var document = ConfigReader.Read(
            new SourceText("config.yaml", "models: {org/phi-3.5: {lora: {r: 8, alpha: 16}, lr: 1e-4}}\n"), ConfigLanguage.Yaml);
        var config = Assert.Single(Linter.Recognise(document, LintOptions.Default)).Config;
        Assert.Equal((8, 1e-4), (config.Rank.Or(0), config.LearningRate.Or(0)));
    }

    [Fact]
    public void Rules_that_depend_on_who_reads_the_file_say_nothing()
    {
        const string Text = """
            model: {name: x/y, revision: None, lora: {r: 8.0, lora_alpha: 16, dropout: .05}}
            unknown_key: 010
            warmup_steps: 10
            warmup_ratio: 0.1
            bf16: Yes
            learning_rate: 1e-4
            """;
        Assert.Empty(Lint.Check(Text).Findings.Select(f => f.Rule.Name));
    }

    [Fact]
    public void Rules_that_hold_whoever_reads_it_speak()
    {
        const string Text = """
            lora: {r: 8, alpha: -16, dropout: 1.5}
            training: {learning_rate: 2, warmup_ratio: 3}
            """;
        Assert.Equal(
            ["alpha-not-positive", "dropout-out-of-range", "lr-too-high-for-lora", "warmup-ratio-out-of-range"],
            Lint.Check(Text).Findings.Where(f => f.Severity >= Severity.Warning).Select(f => f.Rule.Name).Order());
    }

    [Theory]
    [InlineData("lora: {r: 8, lora_alpha: 16, target_modules: [query_key_value]}", true)]
    // Names of the project's own may stand for anything.
    [InlineData("lora: {r: 8, alpha: 16, target_modules: [query_key_value]}", false)]
    public void Target_modules_are_held_against_the_model_where_PEFT_surely_gets_them(string lora, bool isTold)
    {
        var findings = Lint.Check($"model: {{name: meta-llama/Llama-3.1-8B}}\n{lora}\n").Findings;
        Assert.Equal(isTold, findings.Any(f => f.Rule.Name == "target-modules-no-match"));
    }
}
