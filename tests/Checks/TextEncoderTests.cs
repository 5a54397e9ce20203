using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Encoders of text, whose head depends on the task: what is said holds for each head.</summary>
public sealed class TextEncoderTests
{
    [Theory]
    [InlineData("distilbert-base-uncased", "[\"q_proj\", \"v_proj\"]", "target-modules-no-match")]
    [InlineData("roberta-base", "[\"query\", \"v_proj\"]", "target-modules-partial-miss")]
    [InlineData("bert-base-uncased", "[\"query\", \"value\"]", null)]
    [InlineData("roberta-base", "[\"query\", \"key\", \"value\", \"dense\"]", null)]
    [InlineData("distilbert-base-uncased", "[\"q_lin\", \"v_lin\"]", null)]
    // Of one head alone: not to be told.
    [InlineData("bert-base-uncased", "[\"query\", \"classifier\"]", null)]
    [InlineData("bert-base-uncased", "[\"query\", \"qa_outputs\"]", null)]
    [InlineData("microsoft/deberta-v3-base", "[\"query_proj\", \"value_proj\"]", null)]
    [InlineData("microsoft/deberta-v3-base", "[\"query\", \"value\"]", "target-modules-no-match")]
    public void Names_are_held_against_the_layers_that_all_heads_have(string model, string targets, string? rule)
    {
        var text = $$"""
            from transformers import AutoModelForSequenceClassification
            from peft import LoraConfig, get_peft_model
            model = AutoModelForSequenceClassification.from_pretrained("{{model}}", num_labels=3)
            config = LoraConfig(
                task_type="SEQ_CLS", r=8, lora_alpha=16, lora_dropout=0.1, target_modules={{targets}}, modules_to_save=["score"])
            model = get_peft_model(model, config)
            """;
        var found = Lint.Check(text, "train.py").Findings.Select(f => f.Rule.Name).Where(r => r.StartsWith("target-modules")
            || r.StartsWith("modules-to-save") || r == "rank-exceeds-layer");
        Assert.Equal(rule is null ? [] : [rule], found);
    }

    [Fact]
    public void A_decoder_with_a_head_of_its_task_is_not_known()
    {
        const string Text = """
            {"peft_type": "LORA", "task_type": "SEQ_CLS", "r": 8, "lora_alpha": 16, "target_modules": ["query"],
             "base_model_name_or_path": "meta-llama/Llama-3.1-8B"}
            """;
        Assert.DoesNotContain(Lint.Check(Text, "adapter_config.json").Findings, f => f.Rule.Name == "target-modules-no-match");
    }
}
