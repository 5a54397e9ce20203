using System.Text.Json;
using LoraLint.Advisor.Lsp.Protocol;

namespace LoraLint.Advisor.Lsp;

/// <summary>Shows in the editor how far a long piece of work has come, and lets the user end it there.</summary>
internal sealed class WorkProgress
{
    private readonly Connection _connection;
    private readonly string _title;
    private JsonElement? _token;
    private int _lastPercentage = -1;
    private bool _isOver;

    /// <summary>Work that has just begun.</summary>
    /// <param name="connection">The client.</param>
    /// <param name="title">What is done.</param>
    /// <param name="given">The client's own token, or null to ask for one.</param>
    /// <param name="canAsk">Whether the client shows work that it was not told of beforehand.</param>
    public WorkProgress(Connection connection, string title, JsonElement? given, bool canAsk)
    {
        _connection = connection;
        _title = title;
        if (given is { ValueKind: JsonValueKind.String or JsonValueKind.Number } token)
        {
            Begin(token);
        }
        else if (canAsk)
        {
            var name = JsonSerializer.SerializeToElement("loralint-" + Guid.NewGuid().ToString("n"), LspJson.Default.String);
            // Nothing may be said of it before the client has agreed.
            connection.Ask(
                "window/workDoneProgress/create", new WorkDoneProgressCreateParams(name), LspJson.Default.WorkDoneProgressCreateParams,
                _ => Begin(name));
        }
    }

    /// <summary>Cancelled when the user ends it in the editor.</summary>
    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Whether a token is this work's.</summary>
    public bool Is(JsonElement token) => _token is { } own && own.GetRawText() == token.GetRawText();

    /// <summary>Says how many of how many are done, in whole percents.</summary>
    public void Report(int done, int total)
    {
        var percentage = total == 0 ? 100 : (int)(100L * done / total);
        if (_token is null || percentage == _lastPercentage)
            return;
        _lastPercentage = percentage;
        Send(new ProgressValue("report") { Percentage = percentage, Message = $"{done} of {total} files" });
    }

    /// <summary>Says that it is over.</summary>
    public void End(string message)
    {
        if (!_isOver && _token is not null)
            Send(new ProgressValue("end") { Message = message });
        _isOver = true;
    }

    private void Begin(JsonElement token)
    {
        if (_isOver)
            return;
        _token = token;
        Send(new ProgressValue("begin") { Title = _title, Percentage = 0, Cancellable = true });
    }

    private void Send(ProgressValue value)
    {
        if (_token is { } token)
            _connection.Writer.Notify("$/progress", new ProgressParams(token, value), LspJson.Default.ProgressParams);
    }
}
