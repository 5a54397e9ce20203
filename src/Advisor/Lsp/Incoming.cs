using System.Globalization;
using System.Text.Json;

namespace LoraLint.Advisor.Lsp;

/// <summary>What came in: a request, a notification, or the answer to a request of ours.</summary>
internal sealed class Incoming
{
    private Incoming(string? id, string? method, JsonElement content)
    {
        Id = id;
        Method = method;
        Content = content;
    }

    /// <summary>The id as the client spells it, a number or a text in quotes; null for a notification.</summary>
    public string? Id { get; }

    /// <summary>What is asked or told; null for an answer.</summary>
    public string? Method { get; }

    /// <summary>The parameters, or an answer's result; of kind Undefined when there are none or the answer is an error.</summary>
    public JsonElement Content { get; }

    /// <summary>Ends the work for a request that the client has given up.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Reads a message.</summary>
    /// <exception cref="RequestFailedException">It is no JSON, or no message.</exception>
    public static Incoming Parse(byte[] body)
    {
        JsonElement root;
        try
        {
            if (body.Length == 0)
                throw new RequestFailedException(ErrorCode.InvalidRequest, $"no message over {MessageReader.LargestMessage} bytes is read");
            LoneSurrogates.Replace(body);
            root = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 128 }).RootElement;
        }
        catch (JsonException exception)
        {
            var place = string.Create(
                CultureInfo.InvariantCulture, $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
            throw new RequestFailedException(ErrorCode.ParseError, "the message is no JSON: " + place);
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw new RequestFailedException(ErrorCode.InvalidRequest, "a message is one JSON object");
        string? id = null;
        if (root.TryGetProperty("id", out var given) && given.ValueKind != JsonValueKind.Null)
        {
            if (given.ValueKind is not (JsonValueKind.Number or JsonValueKind.String) || given.GetRawText().Length > 200)
                throw new RequestFailedException(ErrorCode.InvalidRequest, "an id is a number or a short text");
            id = given.GetRawText();
        }

        if (root.TryGetProperty("method", out var method))
        {
            if (method.ValueKind != JsonValueKind.String)
                throw new RequestFailedException(ErrorCode.InvalidRequest, "a method is a text");
            return new Incoming(id, method.GetString(), root.TryGetProperty("params", out var parameters) ? parameters : default);
        }

        if (id is null)
            throw new RequestFailedException(ErrorCode.InvalidRequest, "a message has a method or an id");
        return new Incoming(id, null, root.TryGetProperty("result", out var result) ? result : default);
    }
}
