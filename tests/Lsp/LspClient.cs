using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Lsp;

namespace LoraLint.Tests.Lsp;

/// <summary>An editor for tests: a server of its own in this process, spoken to over pipes.</summary>
public sealed class LspClient : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly Pipe _toServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _fromServer = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly BlockingCollection<JsonObject> _messages = [];
    private readonly Stream _output;
    private readonly StringWriter _errors = new();
    private readonly Task<int> _server;
    private int _lastId;

    /// <summary>Starts a server and says hello.</summary>
    /// <param name="root">The folder that is open, or null.</param>
    /// <param name="capabilities">What the client can do, as JSON.</param>
    /// <param name="options">The initialization options, as JSON.</param>
    public LspClient(string? root, string capabilities = "{}", string options = "{}")
    {
        _output = _toServer.Writer.AsStream();
        var terminal = new Terminal
        {
            Out = TextWriter.Null, Error = TextWriter.Synchronized(_errors), In = Stream.Null, Folder = root ?? Path.GetTempPath(),
        };
        _server = Task.Factory.StartNew(
            () => new LanguageServer(_toServer.Reader.AsStream(), _fromServer.Writer.AsStream(), terminal).Run(),
            TaskCreationOptions.LongRunning);
        _ = Task.Factory.StartNew(ReadAll, TaskCreationOptions.LongRunning);
        Hello = Ask("initialize", new JsonObject
        {
            ["processId"] = null,
            ["rootUri"] = root is null ? null : DocumentUri.Of(root),
            ["capabilities"] = JsonNode.Parse(capabilities),
            ["initializationOptions"] = JsonNode.Parse(options),
        });
        Tell("initialized", []);
    }

    /// <summary>The answer to initialize.</summary>
    public JsonNode Hello { get; }

    /// <summary>What the server logged.</summary>
    public string Errors => _errors.ToString();

    /// <summary>Messages that were passed over while another was waited for.</summary>
    public List<JsonObject> PassedOver { get; } = [];

    /// <summary>Sends a notification.</summary>
    public void Tell(string method, JsonObject parameters) => Send(new JsonObject { ["method"] = method, ["params"] = parameters });

    /// <summary>Sends a request and gives its id.</summary>
    public int Start(string method, JsonNode? parameters)
    {
        var message = new JsonObject { ["id"] = ++_lastId, ["method"] = method };
        if (parameters is not null)
            message["params"] = parameters;
        Send(message);
        return _lastId;
    }

    /// <summary>Sends a request and gives its result; an error fails the test.</summary>
    public JsonNode Ask(string method, JsonNode? parameters)
    {
        var answer = Answer(Start(method, parameters));
        Assert.False(answer.ContainsKey("error"), answer.ToJsonString());
        return answer["result"] ?? JsonValue.Create("null")!;
    }

    /// <summary>Sends a request and gives the code of the error that is its answer.</summary>
    public int Refused(string method, JsonNode? parameters)
    {
        var answer = Answer(Start(method, parameters));
        Assert.True(answer.ContainsKey("error"), answer.ToJsonString());
        return (int)answer["error"]!["code"]!;
    }

    /// <summary>The answer to a request.</summary>
    public JsonObject Answer(int id) => Next(m => m.ContainsKey("id") && !m.ContainsKey("method") && m["id"] is JsonValue value
        && value.TryGetValue<int>(out var given) && given == id);

    /// <summary>The next message that is looked for; the ones before it are passed over.</summary>
    public JsonObject Next(Func<JsonObject, bool> isWanted)
    {
        while (true)
        {
            if (!_messages.TryTake(out var message, s_patience))
                throw new TimeoutException("the server said nothing; its log: " + Errors);
            if (isWanted(message))
                return message;
            PassedOver.Add(message);
        }
    }

    /// <summary>Opens a document.</summary>
    public void Open(string uri, string text, string language = "yaml", int version = 1) => Tell("textDocument/didOpen", new JsonObject
    {
        ["textDocument"] = new JsonObject { ["uri"] = uri, ["languageId"] = language, ["version"] = version, ["text"] = text },
    });

    /// <summary>Replaces the text of a document.</summary>
    public void Change(string uri, int version, string text) => Tell("textDocument/didChange", new JsonObject
    {
        ["textDocument"] = new JsonObject { ["uri"] = uri, ["version"] = version },
        ["contentChanges"] = new JsonArray(new JsonObject { ["text"] = text }),
    });

    /// <summary>The diagnostics of a version of a document.</summary>
    public JsonArray Diagnostics(string uri, int version) => Next(m =>
        (string?)m["method"] == "textDocument/publishDiagnostics" && (string?)m["params"]!["uri"] == uri
        && (int?)m["params"]!["version"] == version)["params"]!["diagnostics"]!.AsArray();

    /// <summary>The parameters of most requests.</summary>
    public static JsonObject At(string uri, int line, int character) => new()
    {
        ["textDocument"] = new JsonObject { ["uri"] = uri },
        ["position"] = new JsonObject { ["line"] = line, ["character"] = character },
    };

    /// <summary>Sends bytes as they are.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        _output.Flush();
    }

    /// <summary>Ends the session as editors do and gives the exit code.</summary>
    public int Stop()
    {
        Ask("shutdown", null);
        Send(new JsonObject { ["method"] = "exit" });
        return WaitForExit();
    }

    /// <summary>Goes away without a word and gives the exit code.</summary>
    public int HangUp()
    {
        _output.Dispose();
        return WaitForExit();
    }

    public void Dispose()
    {
        _output.Dispose();
        _messages.Dispose();
    }

    private int WaitForExit()
    {
        Assert.True(_server.Wait(s_patience), "the server does not end");
        return _server.Result;
    }

    private void Send(JsonObject message)
    {
        message.Insert(0, "jsonrpc", "2.0");
        var body = Encoding.UTF8.GetBytes(message.ToJsonString());
        var header = string.Create(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n\r\n");
        SendRaw([.. Encoding.ASCII.GetBytes(header), .. body]);
    }

    private void ReadAll()
    {
        var reader = new MessageReader(_fromServer.Reader.AsStream());
        try
        {
            while (reader.Read() is { } body)
                _messages.Add(JsonNode.Parse(body)!.AsObject());
        }
        catch (Exception exception) when (exception is FramingException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }
}
