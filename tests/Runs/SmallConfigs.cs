using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Runs;

/// <summary>For each format that is trained, the smallest config that resolves; as JSON, which YAML is too.</summary>
public static class SmallConfigs
{
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["loralint"] = """{"loralint": 1, "base_model": "m", "data": {"train": "train.jsonl"}}""",
        ["axolotl"] = """
            {"base_model": "m", "adapter": "lora", "lora_r": 8, "lora_alpha": 16, "lora_target_modules": ["q_proj"],
             "learning_rate": 0.0002, "max_steps": 100, "val_set_size": 0.1, "datasets": [{"path": "train.jsonl", "type": "chat_template"}]}
            """,
        ["llama-factory"] = """
            {"model_name_or_path": "m", "stage": "sft", "do_train": true, "finetuning_type": "lora", "dataset": "mine", "val_size": 0.1}
            """,
        ["trl"] = """
            {"model_name_or_path": "m", "use_peft": true, "lora_target_modules": "all-linear", "packing": false, "learning_rate": 0.0002,
             "datasets": [{"path": "json", "data_files": "train.jsonl"}], "completion_only_loss": false, "dataset_text_field": "text",
             "max_length": 512}
            """,
        ["peft"] = """{"peft_type": "LORA", "base_model_name_or_path": "m", "r": 8, "lora_alpha": 16, "target_modules": ["q_proj"]}""",
        ["mlx-lm"] = """
            {"model": "m", "train": true, "data": "data", "iters": 100, "lora_parameters": {"rank": 8, "scale": 2.0, "dropout": 0.0}}
            """,
        ["torchtune"] = """
            {"model": {"_component_": "torchtune.models.llama3.lora_llama3_8b", "lora_attn_modules": ["q_proj"]},
             "tokenizer": {"_component_": "torchtune.models.llama3.llama3_tokenizer", "path": "t"},
             "checkpointer": {"_component_": "torchtune.training.FullModelHFCheckpointer", "checkpoint_dir": "m"},
             "dataset": {"_component_": "torchtune.datasets.chat_dataset", "source": "json", "data_files": "train.jsonl",
                         "conversation_column": "messages", "conversation_style": "openai"},
             "optimizer": {"_component_": "torch.optim.AdamW", "lr": 0.0003}, "epochs": 1, "batch_size": 2,
             "gradient_accumulation_steps": 8, "seed": 1, "shuffle": true, "output_dir": "out"}
            """,
        ["litgpt"] = """
            {"checkpoint_dir": "m", "lora_r": 8, "lora_alpha": 16,
             "data": {"class_path": "litgpt.data.JSON", "init_args": {"json_path": "alpaca.json"}}}
            """,
    };

    /// <summary>The files that they name.</summary>
    public static GivenPlaces Places { get; } = new(new Dictionary<string, string>
    {
        ["train.jsonl"] = """{"messages": []}""",
        ["configs/train.jsonl"] = """{"messages": []}""",
        ["data/train.jsonl"] = """{"messages": []}""",
        ["data/dataset_info.json"] = """
            {"mine": {"file_name": "train.jsonl", "formatting": "sharegpt",
                      "columns": {"messages": "messages"},
                      "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}}}
            """,
        ["alpaca.json"] = """{"instruction": "", "output": ""}""",
    });

    /// <summary>What the command line gives to an adapter's own config.</summary>
    public static RunOverrides? OverridesOf(string format) => format == "peft" ? new RunOverrides { Data = "train.jsonl" } : null;

    public static RunResolution Resolve(string format, string text) => Places.Resolve(format, text, OverridesOf(format));
}
