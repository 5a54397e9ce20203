using LoraLint.Rules.Formats;

namespace LoraLint.Tests.Formats;

/// <summary>Small configs of each format are recognised by shape, and look-alikes are left alone.</summary>
public sealed class FormatRecognitionTests
{
    [Theory]
    [InlineData("axolotl", "base_model: x/y\nadapter: lora\nlora_r: 16\nsequence_len: 2048\nmicro_batch_size: 1\nnum_epochs: 1\n")]
    [InlineData("axolotl", "base_model: x/y\nsequence_len: 2048\nsample_packing: true\nmicro_batch_size: 1\nadapter:\n")]
    [InlineData("llama-factory", "model_name_or_path: x/y\nstage: sft\ndo_train: true\nfinetuning_type: lora\ndataset: identity\n")]
    [InlineData("llama-factory", "model_name_or_path: x/y\nadapter_name_or_path: saves/x\ntemplate: llama3\nexport_dir: out\n")]
    [InlineData("trl", "model_name_or_path: x/y\ndataset_name: a/b\nuse_peft: true\nlearning_rate: 2.0e-4\noutput_dir: out\n")]
    [InlineData("trl", "model_name_or_path: x/y\ndataset_mixer: {a/b: 1.0}\nuse_peft: true\nlora_r: 16\nlora_target_modules: [q_proj]\n")]
    [InlineData("ms-swift", "model: x/y\ntuner_type: lora\nlora_rank: 8\ndataset: a\n")]
    [InlineData("ms-swift", "model: x/y\nlora_rank: 8\ntarget_modules: all-linear\ndataset: ['a#500']\ntorch_dtype: bfloat16\n")]
    [InlineData("nemo-automodel", "model: {_target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained}\npeft: {dim: 8}\n")]
    [InlineData("nemo-automodel", "model: {pretrained_model_name_or_path: x/y}\nstep_scheduler: {max_steps: 10}\npeft: {dim: 8}\n")]
    [InlineData("nemo", "trainer: {max_steps: 10}\nmodel: {peft: {peft_scheme: lora, lora_tuning: {adapter_dim: 8}}}\n")]
    [InlineData("nemo-rl", "defaults: sft.yaml\npolicy: {model_name: x/y, dtensor_cfg: {lora_cfg: {enabled: true, dim: 8}}}\n")]
    [InlineData("oumi", "model: {model_name: x/y}\ndata: {train: {datasets: []}}\ntraining: {use_peft: true}\n")]
    [InlineData("oumi", "model: {model_name: x/y}\ntraining: {trainer_type: TRL_SFT}\npeft: {lora_r: 8}\n")]
    [InlineData("paddlenlp", "model_name_or_path: x\ndataset_name_or_path: a\nlora: true\nrecompute: true\nsharding: stage1\n")]
    [InlineData("ludwig", "model_type: llm\nbase_model: x/y\nadapter: {type: lora}\ninput_features: []\noutput_features: []\n")]
    [InlineData("verl", "actor_rollout_ref: {model: {path: x/y, lora_rank: 8}}\ntrainer: {total_epochs: 1}\n")]
    [InlineData("verl", "_target_: verl.workers.config.HFModelConfig\npath: x/y\nlora_rank: 8\n")]
    [InlineData("verl", "data: {train_files: a}\nmodel: {partial_pretrain: x/y, lora_rank: 8}\n")]
    [InlineData("verl", "worker: {actor: {model: {model_path: x/y, lora: {rank: 8}}}}\n")]
    [InlineData("tunix", "model_config: {model_id: x/y}\noptimizer_config: {}\ntraining_config: {max_steps: 1}\n")]
    [InlineData("primus", "exp_name: a\nmodules: {post_trainer: {framework: megatron_bridge, overrides: {peft: lora}}}\n")]
    [InlineData("llmforge", "model_id: x/y\ntrain_path: a\ncontext_length: 512\nnum_devices: 8\nlora_config: {r: 8}\n")]
    [InlineData("ai-toolkit", "job: extension\nconfig: {name: a, process: [{network: {linear: 8}, train: {}, model: {}}]}\n")]
    [InlineData("unsloth-studio", "training: {num_epochs: 1, packing: 0, batch_size: 2}\nlora: {lora_r: 8, lora_alpha: 8, use_dora: 0}\n")]
    [InlineData("autotrain", "task: llm-sft\nbase_model: x/y\nproject_name: p\ndata: {path: a}\nparams: {peft: true}\n")]
    [InlineData("h2o-llmstudio", "llm_backbone: x/y\narchitecture: {}\ndataset: {}\ntraining: {lora: true}\n")]
    [InlineData("levanter", "trainer: {mp: p=f32, num_train_steps: 10}\noptimizer: {learning_rate: 1e-4}\nlora: {r: 8}\n")]
    [InlineData("fastvideo", "models: {student: {_target_: fastvideo.train.models.wan.WanModel}}\ntraining: {loop: {}}\n")]
    public void By_shape(string format, string text) => Assert.Equal(format, MappedText.FormatOf(text));

    [Fact]
    public void PEFT_by_its_type_or_its_files_name()
    {
        Assert.Equal("peft", MappedText.FormatOf("""{"peft_type": "LORA", "r": 8}""", "out/adapter_config.json"));
        Assert.Equal("peft", MappedText.FormatOf("""{"r": 8, "target_modules": ["q_proj"]}""", "out/adapter_config.json"));
        Assert.Null(MappedText.FormatOf("""{"r": 8, "target_modules": ["q_proj"]}""", "out/config.json"));
    }

    public static TheoryData<string> LookAlikes =>
    [
        """
        # a script after alpaca-lora
        base_model: x/y
        data_path: a.json
        batch_size: 128
        micro_batch_size: 4
        num_epochs: 3
        learning_rate: 3e-4
        cutoff_len: 256
        val_set_size: 2000
        lora_r: 8
        lora_alpha: 16
        lora_target_modules: [q_proj]
        train_on_inputs: true
        """,
        """
        # transformers' own examples
        model_name_or_path: x/y
        dataset_name: a/b
        preprocessing_num_workers: 8
        do_train: true
        overwrite_cache: true
        trust_remote_code: true
        learning_rate: 5e-5
        """,
        """
        # a script of one's own with PEFT's names
        model: {name: x/y, max_length: 2048}
        training: {lr: 1e-4, epochs: 3, batch_size: 4}
        lora: {r: 8, lora_alpha: 16, target_modules: [q_proj]}
        """,
        """
        # Hydra, with a model and an optimizer of somebody's
        model: {_target_: mypackage.Model, hidden: 8}
        optimizer: {_target_: torch.optim.AdamW, lr: 1e-4}
        trainer: {max_steps: 10, devices: 1}
        """,
        """
        # a pipeline of jobs
        job: train
        config: {process: [{type: shell, command: make}]}
        """,
        "base_model: x/y\nmerge_method: ties\nmodels:\n  - model: a\ndtype: bfloat16\n",
        "task: llm-sft\nbase_model: x/y\nproject_name: p\nparams:\n  lr: 3e-5\n  peft: true\n",
        "model:\n  model_name: x/y\ntraining:\n  use_peft: true\npeft:\n  lora_r: 8\n",
        "model: x/y\nlora_rank: 8\nlearning_rate: 1e-4\ndataset: a.jsonl\noutput_dir: out\n",
        // LLaMA-Factory's experimental second generation.
        "model: x/y\nmodel_class: llm\npeft_config:\n  name: lora\n  r: 16\ncutoff_len: 2048\nmicro_batch_size: 1\n",
    ];

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public void Look_alikes_are_none_of_them(string text)
    {
        // Some hold LoRA settings all the same, as a schema of a project's own.
        Assert.Contains(MappedText.FormatOf(text), new[] { null, OwnSchemaFormat.FormatName });
    }
}
