using LoraLint.Rules.Runs.Resolving;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Tests.Runs;

public sealed class ChatTemplateNamesTests
{
    [Fact]
    public void Every_name_that_the_resolver_yields_is_one_of_the_trainers()
    {
        var known = ChatTemplate.All.Select(template => template.Name).ToHashSet();
        Assert.NotEmpty(ChatTemplateNames.Ours);
        Assert.All(ChatTemplateNames.Ours, name => Assert.Contains(name, known));
    }

    // In the template of the framework, as its source writes it.
    [Theory]
    [InlineData("axolotl", "qwen_25",
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n"
        + "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n")]
    [InlineData("axolotl", "mistral_v1", "<s> [INST] u [/INST] a</s>")]
    [InlineData("axolotl", "gemma3", "<bos><start_of_turn>user\nu<end_of_turn>\n<start_of_turn>model\na<end_of_turn>\n")]
    [InlineData("axolotl", "qwen3", "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\na<|im_end|>\n")]
    [InlineData("llama-factory", "phi4", "<|im_start|>user<|im_sep|>u<|im_end|><|im_start|>assistant<|im_sep|>a<|im_end|>")]
    [InlineData("llama-factory", "yi", "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n")]
    public void The_text_is_that_of_the_frameworks_template(string framework, string name, string text)
    {
        var ours = framework == "axolotl" ? ChatTemplateNames.OfAxolotl(name) : ChatTemplateNames.OfLlamaFactory(name);
        var written = ChatTemplate.ByName(ours!).Render(
            [new ChatMessage("user", "u"), new ChatMessage("assistant", "a")], addGenerationPrompt: false);
        Assert.Equal(text, string.Concat(written.Select(segment => segment.Text)));
    }

    [Fact]
    public void Gemma_of_llama_factory_puts_a_system_message_before_the_users_words()
    {
        var written = ChatTemplate.ByName(ChatTemplateNames.OfLlamaFactory("gemma")!)
            .Render(
                [new ChatMessage("system", "s"), new ChatMessage("user", "u"), new ChatMessage("assistant", "a")],
                addGenerationPrompt: false);
        Assert.Equal(
            "<bos><start_of_turn>user\ns\n\nu<end_of_turn>\n<start_of_turn>model\na<end_of_turn>\n",
            string.Concat(written.Select(segment => segment.Text)));
    }

    [Theory]
    [InlineData("axolotl", "phi_3")]
    [InlineData("axolotl", "phi_4")]
    [InlineData("axolotl", "mistral_v2v3")]
    [InlineData("llama-factory", "gemma2")]
    [InlineData("llama-factory", "smollm2")]
    [InlineData("llama-factory", "qwen3")]
    [InlineData("llama-factory", "mistral")]
    public void Templates_that_differ_anywhere_do_not_carry_over(string framework, string name) =>
        Assert.Null(framework == "axolotl" ? ChatTemplateNames.OfAxolotl(name) : ChatTemplateNames.OfLlamaFactory(name));
}
