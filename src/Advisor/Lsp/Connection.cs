using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// JSON-RPC over two streams. One thread reads, so that a cancellation overtakes what it cancels; everything else happens in order on
/// the thread that runs <see cref="Run"/>, so that nothing above needs a lock.
/// </summary>
internal sealed class Connection
{
    // A client that never answers must not make us remember without end.
    private const int MostQuestions = 64;
    private const int MostWaiting = 4096;
    private readonly MessageReader _reader;
    private readonly Action<string> _log;
    private readonly BlockingCollection<Action> _queue = new(MostWaiting);
    private readonly ConcurrentDictionary<string, Incoming> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Handler> _requests = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Action<JsonElement>> _notifications = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Action<JsonElement>> _questions = new(StringComparer.Ordinal);
    private readonly Queue<string> _questionsInOrder = new();
    private int _lastQuestion;
    private bool _isOver;

    // What writes the result, at once or later.
    private delegate Task<Action<Utf8JsonWriter>> Handler(JsonElement content, CancellationToken cancelled);

    /// <summary>A connection that is not listened to yet.</summary>
    /// <param name="input">What the client writes.</param>
    /// <param name="output">What the client reads.</param>
    /// <param name="log">Takes a line about what went wrong.</param>
    public Connection(Stream input, Stream output, Action<string> log)
    {
        _reader = new MessageReader(input);
        _log = log;
        Writer = new MessageWriter(output);
    }

    /// <summary>Writes to the client.</summary>
    public MessageWriter Writer { get; }

    /// <summary>Says why a method is not taken in the present state, or null when it is.</summary>
    public Func<string, RequestFailedException?> Refusal { get; set; } = _ => null;

    /// <summary>Sets what answers a method.</summary>
    public void OnRequest<TParams, TResult>(
        string method, JsonTypeInfo<TParams> parameters, JsonTypeInfo<TResult> result, Func<TParams, CancellationToken, TResult?> handle) =>
        _requests[method] = (content, cancelled) =>
        {
            var answer = handle(Read(content, parameters), cancelled);
            return Task.FromResult<Action<Utf8JsonWriter>>(json =>
            {
                if (answer is null)
                    json.WriteNullValue();
                else
                    JsonSerializer.Serialize(json, answer, result);
            });
        };

    /// <summary>Sets what answers a method that has neither parameters nor a result.</summary>
    public void OnRequest(string method, Action handle) => _requests[method] = (_, _) =>
    {
        handle();
        return Task.FromResult<Action<Utf8JsonWriter>>(json => json.WriteNullValue());
    };

    /// <summary>Sets what answers a method that may take long; messages that come in meanwhile are taken.</summary>
    public void OnRequest<TParams>(
        string method, JsonTypeInfo<TParams> parameters, Func<TParams, CancellationToken, Task<Action<Utf8JsonWriter>>> handle) =>
        _requests[method] = (content, cancelled) => handle(Read(content, parameters), cancelled);

    /// <summary>Sets what takes a notification.</summary>
    public void OnNotification<TParams>(string method, JsonTypeInfo<TParams> parameters, Action<TParams> handle) =>
        _notifications[method] = content => handle(Read(content, parameters));

    /// <summary>Sets what takes a notification whose content is of no interest.</summary>
    public void OnNotification(string method, Action handle) => _notifications[method] = _ => handle();

    /// <summary>Asks the client. The answer may never come; an error for an answer is not told of.</summary>
    public void Ask<T>(string method, T parameters, JsonTypeInfo<T> type, Action<JsonElement>? whenAnswered = null) =>
        Writer.Request(Remember(whenAnswered), method, parameters, type);

    /// <summary>Asks the client for something that needs no parameters and has no result.</summary>
    public void Ask(string method) => Writer.Request(Remember(null), method);

    /// <summary>Does something in its turn. Any thread may call it; once the connection is over nothing happens.</summary>
    public void Post(Action work)
    {
        try
        {
            _queue.Add(() => Guarded(work, "a task"));
        }
        catch (InvalidOperationException)
        {
            // The connection is over, and with it what was to be told.
        }
    }

    /// <summary>Ends <see cref="Run"/> once what is at work is done.</summary>
    public void Stop() => _isOver = true;

    /// <summary>Takes messages until <see cref="Stop"/> or the end of the input.</summary>
    /// <param name="whenIdle">Does a piece of work while no message waits; says whether there is more.</param>
    public void Run(Func<bool> whenIdle)
    {
        new Thread(ReadAll) { IsBackground = true, Name = "loralint lsp reader" }.Start();
        var hasMore = true;
        while (!_isOver)
        {
            if (_queue.TryTake(out var work, hasMore ? 0 : Timeout.Infinite))
            {
                work();
                hasMore = true;
            }
            else if (_queue.IsCompleted)
            {
                return;
            }
            else
            {
                hasMore = Guarded(whenIdle);
            }
        }
    }

    private void ReadAll()
    {
        try
        {
            while (_reader.Read() is { } body)
                Take(body);
        }
        catch (Exception exception) when (exception is FramingException or IOException or ObjectDisposedException)
        {
            _log($"the connection is given up: {exception.Message}");
        }
        finally
        {
            _queue.CompleteAdding();
        }
    }

    private void Take(byte[] body)
    {
        Incoming message;
        try
        {
            message = Incoming.Parse(body);
        }
        catch (RequestFailedException failure)
        {
            _queue.Add(() => Writer.Refuse("null", failure.Code, failure.Message));
            return;
        }

        if (message.Method == "$/cancelRequest")
        {
            if (message.Content.ValueKind == JsonValueKind.Object && message.Content.TryGetProperty("id", out var id)
                && _waiting.TryGetValue(id.GetRawText(), out var cancelled))
                cancelled.Cancellation.Cancel();
            return;
        }

        if (message is { Method: not null, Id: not null })
            _waiting[message.Id] = message;
        _queue.Add(() => Handle(message));
    }

    private void Handle(Incoming message)
    {
        if (message.Method is null)
            TakeAnswer(message);
        else if (message.Id is { } id)
            Answer(id, message);
        else if (Refusal(message.Method) is null && _notifications.TryGetValue(message.Method, out var handle))
            Guarded(() => handle(message.Content), message.Method);
    }

    private void Answer(string id, Incoming message)
    {
        Task<Action<Utf8JsonWriter>> answer;
        try
        {
            if (Refusal(message.Method!) is { } refusal)
                throw refusal;
            if (!_requests.TryGetValue(message.Method!, out var handle))
                throw new RequestFailedException(ErrorCode.MethodNotFound, $"there is no method {message.Method}");
            message.Cancellation.Token.ThrowIfCancellationRequested();
            answer = handle(message.Content, message.Cancellation.Token);
        }
        catch (Exception exception) when (exception is not IOException)
        {
            answer = Task.FromException<Action<Utf8JsonWriter>>(exception);
        }

        if (answer.IsCompleted)
            Send(id, message, answer);
        else
            answer.ContinueWith(done => Post(() => Send(id, message, done)), TaskScheduler.Default);
    }

    private void Send(string id, Incoming message, Task<Action<Utf8JsonWriter>> answer)
    {
        _waiting.TryRemove(new KeyValuePair<string, Incoming>(id, message));
        switch (answer.Exception?.InnerException)
        {
            case null when answer.IsCanceled:
            case OperationCanceledException:
                Writer.Refuse(id, ErrorCode.RequestCancelled, "cancelled");
                break;
            case null:
                Writer.Answer(id, answer.Result);
                break;
            case RequestFailedException failure:
                Writer.Refuse(id, failure.Code, failure.Message);
                break;
            case var exception:
                _log($"{message.Method} failed: {exception}");
                Writer.Refuse(id, ErrorCode.InternalError, $"{exception.GetType().Name}: {exception.Message}; please report it");
                break;
        }
    }

    private void TakeAnswer(Incoming message)
    {
        if (_questions.Remove(message.Id!, out var take) && message.Content.ValueKind != JsonValueKind.Undefined)
            Guarded(() => take(message.Content), "an answer");
    }

    private string Remember(Action<JsonElement>? whenAnswered)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"loralint-{++_lastQuestion}");
        if (whenAnswered is null)
            return id;
        _questions[$"\"{id}\""] = whenAnswered;
        _questionsInOrder.Enqueue($"\"{id}\"");
        if (_questionsInOrder.Count > MostQuestions)
            _questions.Remove(_questionsInOrder.Dequeue());
        return id;
    }

    private static T Read<T>(JsonElement content, JsonTypeInfo<T> type)
    {
        try
        {
            if (content.ValueKind == JsonValueKind.Undefined)
                throw new RequestFailedException(ErrorCode.InvalidParams, "the method needs parameters");
            return content.Deserialize(type) ?? throw new RequestFailedException(ErrorCode.InvalidParams, "null in place of parameters");
        }
        catch (JsonException exception)
        {
            throw new RequestFailedException(ErrorCode.InvalidParams, $"the parameters make no sense at {exception.Path}");
        }
    }

    private void Guarded(Action work, string what) => Guarded(() =>
    {
        work();
        return false;
    }, what);

    // Whatever goes wrong with one message, the next one is taken; only a client that no longer reads ends it.
    private bool Guarded(Func<bool> work, string what = "a check")
    {
        try
        {
            return work();
        }
        catch (RequestFailedException failure)
        {
            _log($"{what} makes no sense: {failure.Message}");
        }
        catch (Exception exception) when (exception is not IOException)
        {
            _log($"{what} failed: {exception}");
        }

        return false;
    }
}
