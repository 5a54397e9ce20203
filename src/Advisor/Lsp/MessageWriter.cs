using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LoraLint.Advisor.Lsp;

/// <summary>Writes messages, each framed and whole. Several threads may write.</summary>
internal sealed class MessageWriter(Stream output)
{
    private static readonly JsonWriterOptions s_layout = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Lock _lock = new();
    private readonly ArrayBufferWriter<byte> _body = new(16 * 1024);

    /// <summary>Tells the client something.</summary>
    public void Notify<T>(string method, T parameters, JsonTypeInfo<T> type) => Write(json =>
    {
        json.WriteString("method", method);
        json.WritePropertyName("params");
        JsonSerializer.Serialize(json, parameters, type);
    });

    /// <summary>Asks the client something.</summary>
    public void Request<T>(string id, string method, T parameters, JsonTypeInfo<T> type) => Write(json =>
    {
        json.WriteString("id", id);
        json.WriteString("method", method);
        json.WritePropertyName("params");
        JsonSerializer.Serialize(json, parameters, type);
    });

    /// <summary>Asks the client something without parameters.</summary>
    public void Request(string id, string method) => Write(json =>
    {
        json.WriteString("id", id);
        json.WriteString("method", method);
    });

    /// <summary>Answers a request.</summary>
    /// <param name="id">The request's id as it was written.</param>
    /// <param name="result">Writes the result.</param>
    public void Answer(string id, Action<Utf8JsonWriter> result) => Write(json =>
    {
        json.WritePropertyName("id");
        json.WriteRawValue(id);
        json.WritePropertyName("result");
        result(json);
    });

    /// <summary>Refuses a request.</summary>
    public void Refuse(string id, int code, string message) => Write(json =>
    {
        json.WritePropertyName("id");
        json.WriteRawValue(id);
        json.WriteStartObject("error");
        json.WriteNumber("code", code);
        json.WriteString("message", message);
        json.WriteEndObject();
    });

    private void Write(Action<Utf8JsonWriter> content)
    {
        lock (_lock)
        {
            // What a content that throws has written is thrown away with it.
            _body.ResetWrittenCount();
            using (var json = new Utf8JsonWriter(_body, s_layout))
            {
                json.WriteStartObject();
                json.WriteString("jsonrpc", "2.0");
                content(json);
                json.WriteEndObject();
            }

            Span<byte> header = stackalloc byte[64];
            var length = Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"Content-Length: {_body.WrittenCount}\r\n\r\n"), header);
            output.Write(header[..length]);
            output.Write(_body.WrittenSpan);
            output.Flush();
        }
    }
}
