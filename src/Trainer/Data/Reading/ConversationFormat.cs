using System.Text;
using System.Text.Json;
using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>
/// Conversations: OpenAI's <c>messages</c> of <c>{role, content}</c>, or ShareGPT's <c>conversations</c> of <c>{from, value}</c>. Both
/// differ in the names of keys and roles alone.
/// </summary>
internal sealed class ConversationFormat : RowFormat
{
    // OpenAI's "developer" is what "system" was called before; the rest of ShareGPT's are the names its dumps have for the two sides.
    private static readonly Dictionary<string, string> ChatRoles = new()
    {
        ["system"] = "system", ["developer"] = "system", ["user"] = "user", ["assistant"] = "assistant",
    };

    private static readonly Dictionary<string, string> ShareGptRoles = new()
    {
        ["system"] = "system", ["human"] = "user", ["user"] = "user", ["gpt"] = "assistant", ["chatgpt"] = "assistant",
        ["bing"] = "assistant", ["bard"] = "assistant", ["model"] = "assistant", ["assistant"] = "assistant",
    };

    private readonly ChatTemplate _template;
    private readonly Dictionary<string, string> _roles;

    public ConversationFormat(DataSource source, ChatTemplate template)
        : base(
            source,
            ("messages", source.Format == DataFormat.ShareGpt ? "conversations" : "messages"),
            ("role", source.Format == DataFormat.ShareGpt ? "from" : "role"),
            ("content", source.Format == DataFormat.ShareGpt ? "value" : "content"),
            ("system", "system"))
    {
        _template = template;
        _roles = source.Format == DataFormat.ShareGpt ? ShareGptRoles : ChatRoles;
    }

    /// <inheritdoc/>
    protected override RenderedRow? Render(RowFields row)
    {
        if (!row.Has("messages"))
            throw Missing(row, "messages");
        if (row.Find("messages") is not { } messages)
            return null;
        if (messages.ValueKind != JsonValueKind.Array)
            throw row.WrongType("messages", messages, "a list of messages");
        if (row.Find("tools") is { } tools && !IsEmpty(tools, row))
            throw row.Error("the row has tools, which are not supported: the prompt would lack them");

        var conversation = new Conversation(row);
        var system = row.FindText("system");
        if (!string.IsNullOrEmpty(system))
            conversation.Add("system", system, isLearned: false);
        var number = 0;
        foreach (var message in messages.EnumerateArray())
        {
            number++;
            if (message.ValueKind != JsonValueKind.Object)
                throw row.Error($"message {number} is {JsonRow.KindOf(message)} where an object with role and content belongs");
            if (!Add(conversation, Within(message, row.Place, $"message {number}"), number))
                return null;
        }

        return conversation.Render(_template);
    }

    // Adds a message; false when it is an empty answer, with which the row teaches nothing good.
    private bool Add(Conversation conversation, RowFields message, int number)
    {
        if (!message.Has("role") || !(message.Has("content") || message.HasColumn("tool_calls")))
            throw MissingKey(message);
        var written = message.FindText("role") ?? "null";
        if (!_roles.TryGetValue(written, out var role))
        {
            throw message.Error(
                $"role '{(written.Length <= 40 ? written : written[..40] + "...")}' is not one of {string.Join(", ", _roles.Keys)}"
                + (written is "tool" or "function" or "function_call" or "observation" or "ipython"
                    ? "; tool calls are not supported"
                    : ""));
        }

        if (message.Find("tool_calls") is { } calls && !IsEmpty(calls, message))
            throw message.Error("tool calls are not supported");
        if (role != "assistant" && message.Find("content") is null)
            throw message.Error($"\"{message.ColumnOf("content")}\" is null");
        var content = Content(message);
        if (role == "system" && conversation.Count > 0)
        {
            throw message.Error(
                number == 1 ? $"there is a system message beside the column \"{message.ColumnOf("system")}\""
                : "a system message stands behind other messages; it belongs to the beginning");
        }

        if (role == "assistant" && string.IsNullOrWhiteSpace(content))
            return false;
        conversation.Add(role, content, isLearned: IsLearned(message));
        return true;
    }

    // No tools at all: an empty list, which some datasets write as a text.
    private static bool IsEmpty(JsonElement tools, RowFields row) => tools.ValueKind == JsonValueKind.Array
        ? tools.GetArrayLength() == 0
        : tools.ValueKind == JsonValueKind.String && row.Text(tools, "tools").Trim() is "" or "[]";

    private TrainerException MissingKey(RowFields message)
    {
        var isShareGpt = message.HasColumn("from") && message.HasColumn("value");
        var isChat = message.HasColumn("role") && message.HasColumn("content");
        var hint = Format == DataFormat.Chat && isShareGpt ? $"; did you mean {NameOf(DataFormat.ShareGpt)}?"
            : Format == DataFormat.ShareGpt && isChat ? $"; did you mean {NameOf(DataFormat.Chat)}?"
            : "";
        return message.Error(
            $"{NameOf(Format)} needs \"{message.ColumnOf("role")}\" and \"{message.ColumnOf("content")}\", and the keys are "
            + $"{message.Names()}{hint}");
    }

    // A text, or OpenAI's list of parts of which each is {"type": "text", "text": ...}.
    private static string Content(RowFields message)
    {
        if (message.Find("content") is not { } content)
            return "";
        if (content.ValueKind == JsonValueKind.String)
            return message.Text(content, "content");
        if (content.ValueKind != JsonValueKind.Array)
            throw message.WrongType("content", content, "a text or a list of text parts");
        var text = new StringBuilder();
        foreach (var part in content.EnumerateArray())
        {
            if (part.ValueKind != JsonValueKind.Object || !part.TryGetProperty("type", out var type)
                || type.ValueKind != JsonValueKind.String || message.Text(type, "content") != "text")
            {
                throw message.Error(
                    $"\"{message.ColumnOf("content")}\" has a part that is no text; {{\"type\": \"text\", \"text\": ...}} is supported");
            }

            if (!part.TryGetProperty("text", out var words) || words.ValueKind != JsonValueKind.String)
                throw message.Error($"\"{message.ColumnOf("content")}\" has a text part without \"text\"");
            text.Append(message.Text(words, "content"));
        }

        return text.ToString();
    }

    // OpenAI's weight: 0 leaves an answer out of the loss.
    private static bool IsLearned(RowFields message)
    {
        if (message.Find("weight") is not { } weight)
            return true;
        if (weight.ValueKind == JsonValueKind.Number && weight.TryGetDouble(out var value) && value is 0 or 1)
            return value == 1;
        throw message.Error("\"weight\" is neither 0 nor 1");
    }
}
