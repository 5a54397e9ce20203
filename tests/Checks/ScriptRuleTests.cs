using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Rules about what a script does besides configuring: where they speak, and where they cannot know.</summary>
public sealed class ScriptRuleTests
{
    private const string Trained = """
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM, AutoTokenizer, DataCollatorForLanguageModeling, Trainer, TrainingArguments
        tokenizer = AutoTokenizer.from_pretrained("meta-llama/Llama-3.1-8B")
        PAD
        model = AutoModelForCausalLM.from_pretrained("meta-llama/Llama-3.1-8B")
        READY
        model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, task_type="CAUSAL_LM"))
        args = TrainingArguments(output_dir="out", learning_rate=2e-4, MORE)
        trainer = Trainer(model=model, args=args, data_collator=DataCollatorForLanguageModeling(tokenizer, mlm=MLM))
        """;

    [Theory]
    [InlineData("tokenizer.pad_token = tokenizer.eos_token", "False", 1)]
    [InlineData("tokenizer.pad_token = tokenizer.eos_token  # usual", "False", 1)]
    [InlineData("tokenizer.pad_token_id = tokenizer.eos_token_id", "False", 1)]
    [InlineData("tokenizer.pad_token = tokenizer.eos_token", "True", 0)]
    [InlineData("tokenizer.pad_token = tokenizer.unk_token", "False", 0)]
    [InlineData("tokenizer.pad_token = other.eos_token", "False", 0)]
    [InlineData("tokenizer.pad_token = tokenizer.eos_token or '<pad>'", "False", 0)]
    [InlineData("if tokenizer.pad_token is None:\n    tokenizer.pad_token = tokenizer.eos_token", "False", 0)]
    [InlineData("tokenizer.pad_token = tokenizer.eos_token\ntokenizer.pad_token = '<pad>'", "False", 0)]
    [InlineData("tokenizer.pad_token = tokenizer.eos_token\ntokenizer.add_special_tokens({'pad_token': '<pad>'})", "False", 0)]
    public void The_end_token_pads_only_where_it_surely_does_and_the_collator_masks_by_it(string pad, string masked, int count) =>
        Assert.Equal(count, Find("pad-equals-eos", Trained.Replace("PAD", pad).Replace("READY", "").Replace("MLM", masked)).Count);

    [Theory]
    [InlineData("", "gradient_checkpointing=True", 1)]
    [InlineData("", "gradient_checkpointing=False", 0)]
    [InlineData("", "", 0)]
    [InlineData("model.enable_input_require_grads()", "gradient_checkpointing=True", 0)]
    [InlineData("model.gradient_checkpointing_enable()", "gradient_checkpointing=True", 0)]
    [InlineData("", "gradient_checkpointing=True, gradient_checkpointing_kwargs=kwargs", 0)]
    public void Inputs_without_gradients_are_told_where_nothing_makes_them_require_any(string ready, string arguments, int count)
    {
        var script = Trained.Replace("PAD", "").Replace("READY", ready).Replace("MORE", arguments).Replace("MLM", "False");
        Assert.Equal(count, Find("reentrant-without-input-grads", script).Count);
    }

    [Fact]
    public void Checkpointing_without_reentering_is_written_behind_the_switch()
    {
        var script = Trained.Replace("PAD", "").Replace("READY", "").Replace("MORE", "gradient_checkpointing=True").Replace("MLM", "False");
        Assert.Contains(
            "gradient_checkpointing=True, gradient_checkpointing_kwargs={\"use_reentrant\": False})",
            Lint.Fixed(script, "train.py"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"colab\": {\"gpuType\": \"T4\"}", 1)]
    [InlineData("\"kaggle\": {\"accelerator\": \"nvidiaTeslaT4\"}", 1)]
    [InlineData("\"colab\": {\"gpuType\": \"A100\"}", 0)]
    [InlineData("\"colab\": {\"gpuType\": \"a card of the future\"}", 0)]
    [InlineData("\"colab\": {\"gpuType\": [\"T4\"]}", 0)]
    [InlineData("\"colab\": {}", 0)]
    public void A_notebook_tells_its_card(string metadata, int count)
    {
        var notebook = $$"""
            {
              "cells": [{"cell_type": "code", "source": [
                "from peft import LoraConfig\n",
                "from trl import SFTConfig, SFTTrainer\n",
                "args = SFTConfig(output_dir='out', bf16=True, learning_rate=2e-4)\n",
                "trainer = SFTTrainer('meta-llama/Llama-3.1-8B', args=args, peft_config=LoraConfig(r=16, lora_alpha=32))\n"]}],
              "metadata": { {{metadata}} }, "nbformat": 4, "nbformat_minor": 5
            }
            """;
        var found = Find("bf16-unsupported-gpu", notebook, "train.ipynb");
        Assert.Equal(count, found.Count);
        if (count == 1)
        {
            Assert.Contains("t4 (the notebook's settings)", found[0].Message, StringComparison.Ordinal);
            var place = Assert.Single(found[0].Related).Span;
            Assert.Contains("T4", notebook.Substring(place.Start, place.Length), StringComparison.Ordinal);
            Assert.Contains("fp16=True", FixPass.Apply(notebook, [found[0].Fix!]), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("model.merge_and_unload()", "layer_replication=[[0, 4]]", 1)]
    [InlineData("merge_and_unload(model)", "layer_replication=[[0, 4]]", 0)]
    [InlineData("# model.merge_and_unload()", "layer_replication=[[0, 4]]", 0)]
    [InlineData("model.merge_and_unload()", "layer_replication=None", 0)]
    public void A_merge_is_a_call_and_no_word(string call, string setting, int count) => Assert.Equal(
        count,
        Find("merge-unsupported", $"""
            from peft import LoraConfig, get_peft_model
            model = get_peft_model(base, LoraConfig(r=16, lora_alpha=32, {setting}))
            {call}
            """).Count);

    private static IReadOnlyList<Finding> Find(string rule, string text, string path = "train.py") =>
        [.. Lint.Check(text.Replace(", MORE", ""), path).Findings.Where(f => f.Rule.Name == rule)];
}
