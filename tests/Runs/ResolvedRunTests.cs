using System.Text;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Runs;

/// <summary>Configs as people write them, and the whole run that each becomes, in tests/golden/output/runs.</summary>
public sealed class ResolvedRunTests
{
    private static readonly GivenPlaces s_places = new(new Dictionary<string, string>
    {
        ["data/chat.jsonl"] = """{"conversations": []}""",
        ["data/alpaca.jsonl"] = """{"instruction": "", "input": "", "output": ""}""",
        ["data/eval.jsonl"] = """{"messages": []}""",
        ["data/train.jsonl"] = """{"prompt": "", "completion": ""}""",
        ["data/valid.jsonl"] = """{"prompt": "", "completion": ""}""",
        ["data/dataset_info.json"] = """
            {"support": {"file_name": "alpaca.jsonl", "columns": {"prompt": "instruction", "query": "input", "response": "output"}},
             "talk": {"file_name": "chat.jsonl", "formatting": "sharegpt"},
             "hub": {"hf_hub_url": "someone/something"},
             "pairs": {"file_name": "alpaca.jsonl", "ranking": true}}
            """,
    });

    private const string Axolotl = """
        base_model: meta-llama/Llama-3.2-1B
        model_type: LlamaForCausalLM
        tokenizer_type: AutoTokenizer
        load_in_4bit: true
        adapter: qlora
        lora_r: 32
        lora_alpha: 16
        lora_dropout: 0.05
        lora_target_linear: true
        loraplus_lr_ratio: 16
        chat_template: llama3
        datasets:
          - path: data/chat.jsonl
            type: chat_template
            field_messages: conversations
            message_property_mappings: {role: from, content: value}
        val_set_size: 0.05
        sequence_len: 2048
        sample_packing: true
        pad_to_sequence_len: true
        gradient_accumulation_steps: 4
        micro_batch_size: 2
        num_epochs: 3
        optimizer: paged_adamw_32bit
        lr_scheduler: cosine
        learning_rate: 0.0002
        weight_decay: 0.01
        adam_beta2: 0.95
        bf16: true
        tf32: false
        gradient_checkpointing: true
        flash_attention: true
        warmup_steps: 10
        evals_per_epoch: 4
        saves_per_epoch: 1
        logging_steps: 1
        wandb_project: mine
        special_tokens: {pad_token: "<|end_of_text|>"}
        output_dir: ./outputs/out
        """;

    private const string LlamaFactory = """
        model_name_or_path: Qwen/Qwen3-0.6B
        stage: sft
        do_train: true
        finetuning_type: lora
        lora_rank: 8
        lora_target: all
        dataset: support,talk
        template: qwen3_nothink
        cutoff_len: 1024
        overwrite_cache: true
        preprocessing_num_workers: 16
        output_dir: saves/qwen3
        logging_steps: 10
        save_steps: 500
        plot_loss: true
        report_to: none
        per_device_train_batch_size: 1
        gradient_accumulation_steps: 8
        learning_rate: 1.0e-4
        num_train_epochs: 3.0
        lr_scheduler_type: cosine
        warmup_ratio: 0.1
        bf16: true
        val_size: 0.1
        per_device_eval_batch_size: 1
        eval_strategy: steps
        eval_steps: 500
        load_best_model_at_end: true
        metric_for_best_model: eval_loss
        early_stopping_steps: 3
        """;

    private const string Trl = """
        model_name_or_path: Qwen/Qwen2.5-0.5B
        dtype: bfloat16
        datasets: [{path: json, data_files: data/train.jsonl}]
        use_peft: true
        lora_r: 16
        lora_alpha: 32
        lora_target_modules: [q_proj, v_proj]
        learning_rate: 2.0e-4
        max_length: 1024
        num_train_epochs: 1
        per_device_train_batch_size: 2
        gradient_accumulation_steps: 8
        gradient_checkpointing: true
        lr_scheduler_type: constant_with_warmup
        warmup_steps: 20
        optim: adamw_torch
        logging_steps: 25
        save_strategy: epoch
        seed: 1
        output_dir: out-trl
        """;

    private const string Peft = """
        {
          "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "mistralai/Mistral-7B-v0.3", "r": 64, "lora_alpha": 16,
          "lora_dropout": 0.1, "target_modules": ["k_proj", "o_proj", "q_proj", "v_proj"], "bias": "none", "use_rslora": true,
          "rank_pattern": {"k_proj": 8}, "alpha_pattern": {}, "layers_to_transform": [0, 1], "layers_pattern": null,
          "modules_to_save": ["lm_head"], "exclude_modules": null, "init_lora_weights": "olora", "inference_mode": true,
          "fan_in_fan_out": false, "auto_mapping": null,
          "revision": null, "megatron_config": null, "megatron_core": "megatron.core", "loftq_config": {}, "use_dora": false,
          "layer_replication": null, "eva_config": null, "corda_config": null, "trainable_token_indices": null, "lora_bias": false,
          "qalora_group_size": 16, "use_qalora": false, "target_parameters": null, "peft_version": "0.18.0"
        }
        """;

    private const string MlxLm = """
        model: mlx-community/Llama-3.2-1B
        train: true
        fine_tune_type: dora
        data: data
        num_layers: 8
        lora_parameters: {rank: 8, scale: 20.0, dropout: 0.0}
        optimizer: adamw
        optimizer_config: {adamw: {betas: [0.9, 0.98], eps: 1e-6, weight_decay: 0.0, bias_correction: true}}
        batch_size: 4
        iters: 1000
        grad_accumulation_steps: 2
        learning_rate: 1e-4
        lr_schedule: {name: cosine_decay, warmup: 50, arguments: [1e-4, 450]}
        mask_prompt: true
        max_seq_length: 1024
        grad_checkpoint: true
        adapter_path: adapters
        """;

    private const string Torchtune = """
        output_dir: /tmp/torchtune
        model:
          _component_: torchtune.models.llama3_2.lora_llama3_2_1b
          lora_attn_modules: [q_proj, v_proj, output_proj]
          apply_lora_to_mlp: true
          lora_rank: 64
          lora_alpha: 128
          lora_dropout: 0.0
        tokenizer: {_component_: torchtune.models.llama3.llama3_tokenizer, path: /tmp/m/original/tokenizer.model, max_seq_len: 4096}
        checkpointer:
          _component_: torchtune.training.FullModelHFCheckpointer
          checkpoint_dir: /tmp/m/
          checkpoint_files: [model.safetensors]
          recipe_checkpoint: null
          output_dir: ${output_dir}
          model_type: LLAMA3_2
        resume_from_checkpoint: False
        save_adapter_weights_only: True
        dataset:
          _component_: torchtune.datasets.chat_dataset
          source: json
          data_files: data/chat.jsonl
          conversation_column: conversations
          conversation_style: sharegpt
          packed: True
        seed: 5
        shuffle: True
        batch_size: 4
        optimizer: {_component_: torch.optim.AdamW, fused: True, weight_decay: 0.01, lr: 3e-4}
        lr_scheduler: {_component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup, num_warmup_steps: 100}
        loss: {_component_: torchtune.modules.loss.LinearCrossEntropyLoss}
        epochs: 1
        max_steps_per_epoch: null
        gradient_accumulation_steps: 8
        clip_grad_norm: null
        compile: False
        metric_logger: {_component_: torchtune.training.metric_logging.DiskLogger, log_dir: x}
        log_every_n_steps: 1
        device: cuda
        dtype: bf16
        enable_activation_checkpointing: True
        profiler: {_component_: torchtune.training.setup_torch_profiler, enabled: False}
        """;

    private const string Litgpt = """
        checkpoint_dir: checkpoints/meta-llama/Llama-3.2-1B
        out_dir: out/finetune
        precision: bf16-true
        quantize: bnb.nf4-dq
        devices: 1
        num_nodes: 1
        lora_r: 32
        lora_alpha: 16
        lora_dropout: 0.05
        lora_query: true
        lora_key: false
        lora_value: true
        lora_projection: false
        lora_mlp: true
        lora_head: false
        data:
          class_path: litgpt.data.JSON
          init_args:
            {json_path: data/alpaca.jsonl, mask_prompt: true, val_split_fraction: 0.1, prompt_style: alpaca, seed: 42, num_workers: 4}
        train:
          {save_interval: 200, log_interval: 1, global_batch_size: 8, micro_batch_size: 2, lr_warmup_steps: 10, epochs: 2,
           max_seq_length: 512, min_lr: 6.0e-05}
        eval: {interval: 100, max_new_tokens: 100, max_iters: 100}
        optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.0002, weight_decay: 0.0}}
        logger_name: csv
        seed: 1337
        """;

    private const string LoraLint = """
        loralint: 1
        base_model: ../models/tiny
        adapter: {method: dora, rank: 4, rank_pattern: {down_proj: 8}, exclude_modules: [lm_head], init: eva, last_layers: 2}
        data:
          {train: [../data/alpaca.jsonl], validation: ../data/alpaca.jsonl, format: alpaca, columns: {output: answer},
           drop_long_samples: true}
        training:
          {max_steps: 50, beta2: 0.95, loraplus_ratio: 4, evaluate_every: 0.2, save_every: 0, restore_best: true, keep_checkpoints: 2,
           lr_scheduler: constant}
        """;

    public static TheoryData<string> Formats => [.. RunResolver.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_config_as_people_write_it_becomes_this_run(string format)
    {
        var (text, path) = format switch
        {
            "axolotl" => (Axolotl, "config.yml"),
            "llama-factory" => (LlamaFactory, "config.yaml"),
            "trl" => (Trl, "sft.yaml"),
            "peft" => (Peft, "adapter_config.json"),
            "mlx-lm" => (MlxLm, "lora.yaml"),
            "torchtune" => (Torchtune, "recipe.yaml"),
            "litgpt" => (Litgpt, "lora.yaml"),
            _ => (LoraLint, "run.yaml"),
        };
        var overrides = format == "peft" ? new RunOverrides { Data = "data/eval.jsonl", LearningRate = 1e-4 } : null;
        var resolution = s_places.Resolve(format, text, overrides, path);
        Assert.Empty(resolution.Problems);
        Golden.Compare($"runs/{format}.json", Encoding.UTF8.GetString(RunJson.Write(new RunRecord
        {
            Run = resolution.Run!, Config = new ConfigRecord(path, format, ""), Findings = [], Notes = resolution.Notes, Forced = false,
            LoraLintVersion = "0",
        })));
    }

    [Theory]
    [InlineData("mlx-lm", ", bias_correction: true", "", false)]
    [InlineData("mlx-lm", "bias_correction: true", "bias_correction: false", false)]
    [InlineData("mlx-lm", "bias_correction: true", "bias_correction: true", true)]
    [InlineData("loralint", "loraplus_ratio: 4", "loraplus_ratio: 4, bias_correction: false", false)]
    [InlineData("loralint", "loraplus_ratio: 4", "loraplus_ratio: 4", true)]
    public void Adams_moments_are_corrected_unless_the_framework_leaves_it_out(string format, string written, string instead, bool corrects)
    {
        var text = format == "mlx-lm" ? MlxLm : LoraLint;
        Assert.Contains(written, text, StringComparison.Ordinal);
        var resolution = s_places.Resolve(format, text.Replace(written, instead, StringComparison.Ordinal));
        Assert.Empty(resolution.Problems);
        Assert.Equal(corrects, resolution.Run!.Optimizer.BiasCorrection);
    }

    [Theory]
    [InlineData("axolotl", "optimizer: paged_adamw_32bit", "optimizer: adamw_bnb_8bit", "optimizer", "keeps its states quantized")]
    [InlineData("axolotl", "learning_rate: 0.0002", "learning_rate: ${LR}", "learning_rate", "not known before the framework fills it in")]
    [InlineData("axolotl", "lr_scheduler: cosine", "lr_scheduler: rex", "lr_scheduler", "write constant, linear or cosine")]
    [InlineData("axolotl", "type: chat_template", "type: sharegpt", "datasets[0].type", "it takes chat_template, alpaca and completion")]
    [InlineData("axolotl", "path: data/chat.jsonl", "path: tatsu-lab/alpaca", "datasets[0].path", "LoraLint uses no network")]
    [InlineData("axolotl", "path: data/chat.jsonl", "path: data/none.jsonl", "datasets[0].path", "no such data file")]
    [InlineData("axolotl", "chat_template: llama3", "chat_template: cohere", "chat_template", "tokenizer_default")]
    [InlineData("axolotl", "weight_decay: 0.01", "peft_use_dora: true\nweight_decay: 0.01", "weight_decay", "decays the magnitudes too")]
    [InlineData("axolotl", "weight_decay: 0.01", "neftune_noise_alpha: 5", "neftune_noise_alpha", "noise on the embeddings")]
    [InlineData("axolotl", "base_model: meta-llama/Llama-3.2-1B", "base_model: missing", "base_model", "missing is not there")]
    [InlineData("axolotl", "special_tokens: {pad_token: \"<|end_of_text|>\"}", "special_tokens: {eos_token: x}", "special_tokens.eos_token",
        "tokenizer_config.json")]
    [InlineData("axolotl", "lora_r: 32", "lora_r: 32.5", "lora_r", "a whole number of at least 1 and at most 2048")]
    [InlineData("llama-factory", "dataset: support,talk", "dataset: hub", "dataset", "is no local file")]
    [InlineData("llama-factory", "dataset: support,talk", "dataset: pairs", "dataset", "ranking")]
    [InlineData("llama-factory", "dataset: support,talk", "dataset: none", "dataset", "has no dataset none")]
    [InlineData("llama-factory", "cutoff_len: 1024", "packing: true", "packing", "neat_packing: true")]
    [InlineData("llama-factory", "stage: sft", "stage: dpo", "stage", "it trains sft and pt")]
    [InlineData("llama-factory", "plot_loss: true", "quantization_bit: 8", "quantization_bit", "4 bits or as it is in the files")]
    [InlineData("trl", "use_peft: true", "use_peft: false", "use_peft", "TRL trains all weights")]
    [InlineData("trl", "seed: 1", "packing: true\npacking_strategy: wrapped", "packing_strategy", "write bfd")]
    [InlineData("mlx-lm", "arguments: [1e-4, 450]", "arguments: [1e-4, 1000, 1e-7]", "lr_schedule", "the 500 optimizer steps of the run")]
    [InlineData("torchtune", "shuffle: True", "shuffle: False", "shuffle", "in random order")]
    [InlineData("torchtune", "source: json", "source: someone/something", "dataset.source", "hub datasets are not looked up")]
    [InlineData("litgpt", "prompt_style: alpaca", "prompt_style: phi-2", "data.init_args.prompt_style", "alpaca alone")]
    [InlineData("loralint", "last_layers: 2", "last_layers: 2, layers: [0]", "adapter.layers", "keep one of them")]
    public void What_does_not_carry_over_is_refused_at_its_place(string format, string written, string instead, string key, string message)
    {
        var text = format switch
        {
            "axolotl" => Axolotl, "llama-factory" => LlamaFactory, "trl" => Trl, "mlx-lm" => MlxLm, "torchtune" => Torchtune,
            "litgpt" => Litgpt, _ => LoraLint,
        };
        Assert.Contains(written, text, StringComparison.Ordinal);
        text = text.Replace(written, instead, StringComparison.Ordinal);
        var resolution = s_places.Resolve(format, text);
        Assert.Null(resolution.Run);
        var problem = Assert.Single(resolution.Problems, p => p.Key.StartsWith(key, StringComparison.Ordinal));
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Equal(problem.Key.Split('.')[^1], text.Substring(problem.Span.Start, problem.Span.Length).Trim('"'));
    }

    [Theory]
    [InlineData("kohya")]
    [InlineData("ms-swift")]
    public void Formats_that_are_not_trained_are_refused_as_a_whole(string format)
    {
        var resolution = s_places.Resolve(format, "network_dim: 8\nmodel: x\n");
        Assert.Contains("`loralint train` takes loralint, axolotl", Assert.Single(resolution.Problems).Message, StringComparison.Ordinal);
    }
}
