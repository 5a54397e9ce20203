using System.Text.Json;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Tests.Trainer.ChatTemplates;

public class ChatTemplateTests
{
    private static readonly ChatMessage User = new("user", "Why is\nthe sky blue?");
    private static readonly ChatMessage Assistant = new("assistant", "Scattering.");
    private static readonly ChatMessage System = new("system", "Be brief.");

    public static TheoryData<string> Names => [.. ChatTemplate.All.Select(template => template.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Texts_are_those_of_the_familys_own_template(string name)
    {
        var compared = 0;
        foreach (var line in File.ReadLines(Repository.PathTo("tests", "reference", "tokenizers", "chats.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            if (root.GetProperty("template").GetString() != name)
                continue;
            var messages = root.GetProperty("messages").EnumerateArray()
                .Select(message => new ChatMessage(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!))
                .ToArray();
            var expected = root.GetProperty("text").GetString();
            var asksForAnswer = root.GetProperty("addGenerationPrompt").GetBoolean();

            // These two families' templates drop the system message of a conversation that ends with an answer.
            if (name is "mistral-v3" or "mistral-tekken" && messages[0].Role == "system" && messages[^1].Role == "assistant")
                continue;
            if (expected is null)
                Assert.Throws<TrainerException>(() => Text(name, messages, asksForAnswer));
            else
                Assert.Equal(expected, Text(name, messages, asksForAnswer));
            compared++;
        }
        Assert.True(compared >= 8, $"{compared} texts");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_answer_is_what_follows_the_generation_prompt_up_to_the_end_of_the_turn(string name)
    {
        var prompt = Text(name, [User], addGenerationPrompt: true);
        var segments = ChatTemplate.ByName(name).Render([User, Assistant], addGenerationPrompt: false);
        Assert.Equal(prompt, segments[0].Text);
        Assert.False(segments[0].IsAnswer);
        Assert.True(segments[1].IsAnswer);
        Assert.Matches(@"Scattering\. ?(<[^<]+>)$", segments[1].Text);
        Assert.True(segments.Count is 2 or 3);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_answer_of_several_is_marked(string name)
    {
        var segments = ChatTemplate.ByName(name).Render([User, Assistant, User, Assistant], addGenerationPrompt: false);
        Assert.Equal(2, segments.Count(segment => segment.IsAnswer));
        Assert.All(segments.Zip(segments.Skip(1)), pair => Assert.NotEqual(pair.First.IsAnswer, pair.Second.IsAnswer));
    }

    [Theory]
    [InlineData("mistral-v3",
        "<s>[INST] Why is\nthe sky blue?[/INST] Scattering.</s>[INST] Be brief.\n\nWhy is\nthe sky blue?[/INST] Scattering.</s>")]
    [InlineData("mistral-tekken",
        "<s>[INST]Why is\nthe sky blue?[/INST]Scattering.</s>[INST]Be brief.\n\nWhy is\nthe sky blue?[/INST]Scattering.</s>")]
    public void Mistrals_system_message_stands_in_the_message_that_the_last_answer_replies_to(string name, string expected) =>
        Assert.Equal(expected, Text(name, [System, User, Assistant, User, Assistant], addGenerationPrompt: false));

    [Fact]
    public void Names_may_be_spelled_as_other_tools_spell_them()
    {
        Assert.Equal("llama-3", ChatTemplate.ByName("llama3").Name);
        Assert.Equal("qwen-2.5", ChatTemplate.ByName("qwen_25").Name);
        Assert.Equal("chatml", ChatTemplate.ByName("ChatML").Name);
    }

    [Fact]
    public void An_unknown_name_is_answered_with_the_known_ones()
    {
        var exception = Assert.Throws<TrainerException>(() => ChatTemplate.ByName("vicuna"));
        Assert.StartsWith("Chat template 'vicuna' is not known; write one of chatml, gemma, ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_without_a_place_in_a_template_are_refused()
    {
        AssertRefused("gemma", "Chat template 'gemma' has no system message", System, User);
        AssertRefused("gemma-3", "message 1 behind the system message is of the assistant", System, Assistant);
        AssertRefused("llama-2", "needs user and assistant in turns", User, User);
        AssertRefused("mistral-v1", "needs user and assistant in turns", User, Assistant, Assistant);
        AssertRefused("smollm3", "has one system message", User, System);
        AssertRefused("chatml", "The role 'tool' has no place", User, new ChatMessage("tool", "42"));
        AssertRefused("chatml", "without messages");
    }

    private static void AssertRefused(string name, string message, params ChatMessage[] messages) =>
        Assert.Contains(message, Assert.Throws<TrainerException>(() => Text(name, messages, false)).Message, StringComparison.Ordinal);

    private static string Text(string name, ChatMessage[] messages, bool addGenerationPrompt) =>
        string.Concat(ChatTemplate.ByName(name).Render(messages, addGenerationPrompt).Select(segment => segment.Text));
}
