using System.Text.Json;
using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;

namespace LoraLint.Tests.Trainer.Data.Reading;

/// <summary>Rows of each format as text; answers stand in double angle brackets.</summary>
public sealed class RowFormatTests
{
    private const string Alpaca = "Below is an instruction that describes a task. "
        + "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd\n\n### Response:\n<<3>>";

    private const string AlpacaWithInput =
        "Below is an instruction that describes a task, paired with an input that provides further context. "
        + "Write a response that appropriately completes the request.\n\n### Instruction:\nAdd\n\n### Input:\n1, 2\n\n### Response:\n<<3>>";

    [Theory]
    [InlineData(DataFormat.Text, """{"text": "a b", "id": 7}""", "<<a b>>")]
    [InlineData(DataFormat.PromptCompletion, """{"prompt": "a", "completion": " b"}""", "a<< b>>")]
    [InlineData(DataFormat.PromptCompletion, """{"prompt": null, "completion": "b"}""", "<<b>>")]
    [InlineData(DataFormat.Alpaca, """{"instruction": "Add", "output": "3"}""", Alpaca)]
    [InlineData(DataFormat.Alpaca, """{"instruction": "Add", "input": "", "output": "3"}""", Alpaca)]
    [InlineData(DataFormat.Alpaca, """{"instruction": "Add", "input": "1, 2", "output": "3"}""", AlpacaWithInput)]
    [InlineData(DataFormat.Alpaca, """{"instruction": "Add", "system": "Be brief", "output": "3"}""",
        "### System:\nBe brief\n\n### Instruction:\nAdd\n\n### Response:\n<<3>>")]
    [InlineData(DataFormat.ChatExchange, """{"prompt": "Add", "completion": "3"}""", "user: Add\nassistant: <<3;>>\n")]
    [InlineData(DataFormat.ChatExchange, """{"prompt": "Add", "input": "1", "system": "S", "completion": "3"}""",
        "system: S\nuser: Add\n1\nassistant: <<3;>>\n")]
    [InlineData(DataFormat.ShareGpt,
        """{"conversations": [{"from": "human", "value": "A"}, {"from": "gpt", "value": "B"}], "system": "S"}""",
        "system: S\nuser: A\nassistant: <<B;>>\n")]
    [InlineData(DataFormat.Chat, """
        {"messages": [{"role": "developer", "content": "S"},
            {"role": "user", "content": [{"type": "text", "text": "A"}, {"type": "text", "text": "a"}]},
            {"role": "assistant", "content": "B", "tool_calls": null, "weight": 1}, {"role": "user", "content": ""},
            {"role": "assistant", "content": "C"}], "tools": []}
        """, "system: S\nuser: Aa\nassistant: <<B;>>\nuser: \nassistant: <<C;>>\n")]
    [InlineData(DataFormat.ShareGpt, """{"conversations": [{"from": "gpt", "value": "B"}], "tools": "[]"}""", "assistant: <<B;>>\n")]
    [InlineData(DataFormat.Chat, """
        {"messages": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B", "weight": 0},
            {"role": "user", "content": "C"}, {"role": "assistant", "content": "D", "weight": 1}]}
        """, "user: A\nassistant: B;\nuser: C\nassistant: <<D;>>\n")]
    public void A_row_becomes_text_with_its_answers(DataFormat format, string row, string expected) =>
        Assert.Equal(expected, Render(new DataSource { Path = "data.jsonl", Format = format }, row));

    [Theory]
    [InlineData(DataFormat.Text, """{"text": " \n"}""")]
    [InlineData(DataFormat.PromptCompletion, """{"prompt": "a", "completion": ""}""")]
    [InlineData(DataFormat.Alpaca, """{"instruction": "a", "output": null}""")]
    [InlineData(DataFormat.ChatExchange, """{"prompt": "a", "completion": "\t"}""")]
    [InlineData(DataFormat.ShareGpt, """{"conversations": []}""")]
    [InlineData(DataFormat.ShareGpt, """{"conversations": null}""")]
    [InlineData(DataFormat.Chat, """{"messages": [{"role": "user", "content": "a"}]}""")]
    [InlineData(DataFormat.Chat, """{"messages": [{"role": "assistant", "content": "a"}, {"role": "assistant", "content": null}]}""")]
    [InlineData(DataFormat.Chat, """{"messages": [{"role": "assistant", "content": "a", "weight": 0}]}""")]
    public void A_row_with_nothing_to_learn_gives_no_text(DataFormat format, string row) =>
        Assert.Null(Render(new DataSource { Path = "data.jsonl", Format = format }, row));

    [Theory]
    [InlineData(DataFormat.Text, "text=body", """{"body": "a"}""", "<<a>>")]
    [InlineData(DataFormat.PromptCompletion, "prompt=q,completion=a", """{"a": "b", "q": "c", "prompt": "x"}""", "c<<b>>")]
    [InlineData(DataFormat.Alpaca, "instruction=question,output=answer,input=system",
        """{"question": "Add", "system": "1, 2", "answer": "3", "input": "x"}""", AlpacaWithInput)]
    [InlineData(DataFormat.Chat, "messages=turns,role=who,content=what",
        """{"turns": [{"who": "user", "what": "A"}, {"who": "assistant", "what": "B"}]}""", "user: A\nassistant: <<B;>>\n")]
    [InlineData(DataFormat.ShareGpt, "messages=chat,role=role",
        """{"chat": [{"role": "human", "value": "A"}, {"role": "gpt", "value": "B"}]}""", "user: A\nassistant: <<B;>>\n")]
    // A column serves one field: torchtune's input is the prompt.
    [InlineData(DataFormat.ChatExchange, "prompt=input,completion=output", """{"input": "A", "output": "B", "prompt": "x"}""",
        "user: A\nassistant: <<B;>>\n")]
    [InlineData(DataFormat.ChatExchange, "input=,system=", """{"prompt": "A", "completion": "B", "input": "x", "system": "y"}""",
        "user: A\nassistant: <<B;>>\n")]
    public void Columns_go_by_other_names(DataFormat format, string columns, string row, string expected)
    {
        var source = new DataSource
        {
            Path = "data.jsonl",
            Format = format,
            Columns = columns.Split(',').Select(column => column.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]),
        };
        Assert.Equal(expected, Render(source, row));
    }

    [Fact]
    public void What_a_template_refuses_is_told_with_the_line()
    {
        var source = new DataSource { Path = "data.jsonl", Format = DataFormat.Chat };
        var error = Assert.Throws<TrainerException>(
            () => Render(source, """{"messages": [{"role": "assistant", "content": "refuse"}]}"""));
        Assert.Equal("data.jsonl:3: no place for this", error.Message);
    }

    [Fact]
    public void A_conversation_without_a_template_is_an_error() => Assert.Contains(
        "data.jsonl: format chat needs a chat template",
        Assert.Throws<TrainerException>(() => RowFormat.Of(new DataSource { Path = "data.jsonl" }, null)).Message);

    private static string? Render(DataSource source, string row)
    {
        using var document = JsonDocument.Parse(row);
        var rendered = RowFormat.Of(source, new PlainTemplate()).Render(document.RootElement, new DataPlace("data.jsonl", 3));
        return rendered is null
            ? null
            : string.Concat(rendered.Segments.Select(segment => segment.IsAnswer ? $"<<{segment.Text}>>" : segment.Text));
    }

    // Role, colon, content and a line break; an answer ends with a semicolon.
    private sealed class PlainTemplate : ChatTemplate
    {
        public override string Name => "plain";

        private protected override void Write(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt, ChatText text)
        {
            foreach (var message in messages)
            {
                if (message.Content == "refuse")
                    throw new TrainerException("no place for this");
                text.Prompt($"{message.Role}: ");
                if (message.Role == "assistant")
                    text.Answer(message.Content + ";");
                else
                    text.Prompt(message.Content);
                text.Prompt("\n");
            }
        }
    }
}
