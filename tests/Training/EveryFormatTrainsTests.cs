using System.Text.Json.Nodes;
using LoraLint.Advisor.Training;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Training;

/// <summary>Each format trains the quick start's model on its data for two steps, with the real trainer as its own process.</summary>
public sealed class EveryFormatTrainsTests
{
    private const string LlamaFactory = """
        model_name_or_path: examples/quickstart/model
        stage: sft
        do_train: true
        finetuning_type: lora
        lora_rank: 4
        lora_alpha: 8
        lora_target: all
        template: chatml
        dataset: tales
        dataset_dir: data
        cutoff_len: 128
        val_size: 8
        per_device_train_batch_size: 2
        gradient_accumulation_steps: 1
        learning_rate: 1.0e-3
        output_dir: out
        """;

    private const string Trl = """
        model_name_or_path: examples/quickstart/model
        use_peft: true
        lora_r: 4
        lora_alpha: 8
        lora_target_modules: all-linear
        datasets: [{path: json, data_files: examples/quickstart/train.jsonl}]
        assistant_only_loss: true
        max_length: 128
        packing: true
        per_device_train_batch_size: 2
        learning_rate: 0.001
        output_dir: out
        """;

    private const string Torchtune = """
        output_dir: out
        model:
          _component_: torchtune.models.llama3_2.lora_llama3_2_1b
          lora_attn_modules: [q_proj, v_proj]
          apply_lora_to_mlp: true
          lora_rank: 4
          lora_alpha: 8
        tokenizer: {_component_: torchtune.models.llama3.llama3_tokenizer, path: tokenizer.model, max_seq_len: 128}
        checkpointer:
          {_component_: torchtune.training.FullModelHFCheckpointer, checkpoint_dir: examples/quickstart/model,
           checkpoint_files: [model.safetensors], model_type: LLAMA3_2, output_dir: out}
        dataset: {_component_: torchtune.datasets.text_completion_dataset, source: json, data_files: data/text.jsonl, column: tale}
        seed: 5
        shuffle: true
        batch_size: 2
        gradient_accumulation_steps: 1
        optimizer: {_component_: torch.optim.AdamW, lr: 1e-3}
        lr_scheduler: {_component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup, num_warmup_steps: 1}
        loss: {_component_: torchtune.modules.loss.LinearCrossEntropyLoss}
        epochs: 1
        """;

    private const string Litgpt = """
        checkpoint_dir: examples/quickstart/model
        out_dir: out
        lora_r: 4
        lora_alpha: 8
        data:
          class_path: litgpt.data.JSON
          init_args: {json_path: data/alpaca.jsonl, mask_prompt: true, val_split_fraction: 0.1, prompt_style: alpaca}
        train: {global_batch_size: 2, micro_batch_size: 2, max_seq_length: 128, lr_warmup_steps: 1, epochs: 1}
        optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.001}}
        """;

    private const string Peft = """
        {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "examples/quickstart/model", "r": 4, "lora_alpha": 8,
         "target_modules": ["q_proj", "down_proj"]}
        """;

    public static TheoryData<string> Formats => [.. RunResolver.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_config_trains_two_steps(string format)
    {
        using var scratch = new ScratchFolder();
        Directory.CreateDirectory(scratch.PathTo("examples"));
        Directory.CreateSymbolicLink(scratch.PathTo("examples/quickstart"), Repository.PathTo("examples", "quickstart"));
        (string Config, string? Text, string[] Options) given = format switch
        {
            "loralint" => ("examples/quickstart/run.yaml", null, []),
            "axolotl" => ("examples/quickstart/axolotl.yml", null, []),
            "mlx-lm" => ("examples/quickstart/mlx-lm.yaml", null, []),
            "llama-factory" => ("llama.yaml", LlamaFactory, []),
            "trl" => ("sft.yaml", Trl, []),
            "torchtune" => ("recipe.yaml", Torchtune, []),
            "litgpt" => ("litgpt.yaml", Litgpt, []),
            "peft" => ("adapter_config.json", Peft,
                ["--data", "examples/quickstart/train.jsonl", "--max-sequence-length", "128"]),
            _ => throw new InvalidOperationException($"{format} is trained and has no config here"),
        };
        if (given.Text is not null)
            scratch.Write(given.Config, given.Text);
        WriteData(scratch);

        string[] asked = ["train", given.Config, "--max-steps", "2", "--threads", "1", "--output", "trained", .. given.Options];
        var run = scratch.Run(asked);
        Assert.True(run.Code == 0, run.Out + run.Error);
        Assert.Equal("", run.Error);
        Assert.Equal(format, RunJson.Read(File.ReadAllBytes(scratch.PathTo("trained/run.json"))).Config.Format);
        var losses = File.ReadAllLines(scratch.PathTo("trained/metrics.jsonl")).Select(line => JsonNode.Parse(line)!)
            .Where(line => (string?)line["event"] == "step").Select(line => (double)line["loss"]!).ToList();
        Assert.Equal(2, losses.Count);
        // About that of a guess among the model's tokens, or better.
        Assert.All(losses, loss => Assert.InRange(loss, 0.1, 12));
        Assert.True(new FileInfo(scratch.PathTo("trained/adapter/adapter_model.safetensors")).Length > 10_000);
        Assert.Equal(0, scratch.Run("check", "trained/adapter").Code);
    }

    // The quick start's tales as other formats hold them.
    private static void WriteData(ScratchFolder scratch)
    {
        var rows = File.ReadLines(scratch.PathTo("examples/quickstart/train.jsonl")).Take(60).ToList();
        var pairs = rows.Select(row => JsonNode.Parse(row)!["messages"]!)
            .Select(messages => (Prompt: (string?)messages[0]!["content"], Answer: (string?)messages[1]!["content"])).ToList();
        scratch.Write("data/tales.jsonl", string.Join('\n', rows));
        scratch.Write("data/text.jsonl", string.Join('\n', pairs.Select(pair => new JsonObject { ["tale"] = pair.Answer }.ToJsonString())));
        scratch.Write("data/alpaca.jsonl", string.Join(
            '\n', pairs.Select(pair => new JsonObject { ["instruction"] = pair.Prompt, ["output"] = pair.Answer }.ToJsonString())));
        scratch.Write("data/dataset_info.json", """
            {"tales": {"file_name": "tales.jsonl", "formatting": "sharegpt", "columns": {"messages": "messages"},
                       "tags": {"role_tag": "role", "content_tag": "content", "user_tag": "user", "assistant_tag": "assistant"}}}
            """);
    }
}
