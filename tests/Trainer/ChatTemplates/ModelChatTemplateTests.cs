using System.Text.Json;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Tests.Trainer.ChatTemplates;

public class ModelChatTemplateTests
{
    private const string ChatMl =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}";

    [Theory]
    [InlineData("chatml", ChatMl)]
    [InlineData("chatml",
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}")]
    [InlineData("smollm2", "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}")]
    [InlineData("llama-3.1",
        "<|start_header_id|> <|eot_id|> Cutting Knowledge Date: December 2023 {% set date_string = \"26 Jul 2024\" %}")]
    [InlineData("gemma", "<start_of_turn> <end_of_turn> {{ raise_exception('System role not supported') }}")]
    [InlineData("phi-4", "{{'<|im_start|>user<|im_sep|>' + message['content'] + '<|im_end|>'}}")]
    public void A_models_template_is_recognised_by_what_only_it_has(string name, string template)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer_config.json", JsonSerializer.Serialize(new { chat_template = template }));
        Assert.Equal(name, ChatTemplate.ForModel(folder.Root).Name);
    }

    [Fact]
    public void A_template_in_a_file_of_its_own_comes_first()
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer_config.json", """{"chat_template": "something else"}""").Write("chat_template.jinja", ChatMl);
        Assert.Equal("chatml", ChatTemplate.ForModel(folder.Root).Name);
    }

    [Fact]
    public void Of_several_templates_the_default_counts()
    {
        using var folder = new ScratchFolder();
        var templates = new[] { new { name = "tool_use", template = "x" }, new { name = "default", template = ChatMl } };
        folder.Write("tokenizer_config.json", JsonSerializer.Serialize(new { chat_template = templates }));
        Assert.Equal("chatml", ChatTemplate.ForModel(folder.Root).Name);
    }

    [Theory]
    [InlineData("""{"chat_template": "{% for m in messages %}<turn>{{ m.content }}{% endfor %}"}""",
        "the chat template is none of the known ones")]
    [InlineData("""{"chat_template": "<|im_start|> <|im_end|> You are Dolphin"}""", "the chat template is none of the known ones")]
    [InlineData("{}", "the model has no chat template")]
    [InlineData("""{"chat_template": 3}""", "chat_template: 3 where a list belongs")]
    [InlineData("""{"chat_template": [{"name": 1}]}""", "chat_template[0].name: 1 where a text belongs")]
    public void What_cannot_be_told_is_refused_with_the_names_to_choose_from(string config, string message)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer_config.json", config);
        var exception = Assert.Throws<TrainerException>(() => ChatTemplate.ForModel(folder.Root));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.StartsWith(folder.Root, exception.Message, StringComparison.Ordinal);
    }
}
