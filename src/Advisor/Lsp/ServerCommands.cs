using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Lsp;

/// <summary>What clients can have done by name, besides what the protocol has methods for.</summary>
internal sealed class ServerCommands(Connection connection, Workspace workspace, WorkspaceCheck check, Terminal terminal)
{
    /// <summary>Checks all config files of the open folders and tells their findings; gives the counts.</summary>
    public const string CheckWorkspace = "loralint.server.checkWorkspace";

    /// <summary>Gives what <c>loralint inspect</c> prints for the document named.</summary>
    public const string Inspect = "loralint.server.inspect";

    /// <summary>Gives the page of the rule named.</summary>
    public const string Explain = "loralint.server.explain";

    private readonly List<WorkProgress> _underWay = [];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [CheckWorkspace, Inspect, Explain];

    /// <summary>Whether the client shows work that it was not told of beforehand.</summary>
    public bool CanShowProgress { get; set; }

    /// <summary>Carries a command out; the answer may come later.</summary>
    /// <exception cref="RequestFailedException">There is no such command, or it cannot be carried out.</exception>
    public Task<Action<Utf8JsonWriter>> Execute(ExecuteCommandParams command, CancellationToken cancelled) => command.Command switch
    {
        CheckWorkspace => CheckAll(command.WorkDoneToken, cancelled),
        Inspect => Task.FromResult(InspectDocument(TextOf(command, "the document's address"))),
        Explain => Task.FromResult(ExplainRule(TextOf(command, "a rule's name or code"))),
        _ => throw new RequestFailedException(ErrorCode.InvalidParams, $"there is no command {command.Command}"),
    };

    /// <summary>Ends the work whose token a client gives up.</summary>
    public void CancelWork(JsonElement token)
    {
        foreach (var work in _underWay)
        {
            if (work.Is(token))
                work.Cancellation.Cancel();
        }
    }

    private static string TextOf(ExecuteCommandParams command, string what) =>
        command.Arguments is [{ ValueKind: JsonValueKind.String } argument, ..]
            ? argument.GetString()!
            : throw new RequestFailedException(ErrorCode.InvalidParams, $"{command.Command} takes {what}");

    private static Action<Utf8JsonWriter> ExplainRule(string rule)
    {
        try
        {
            var result = new MarkdownResult(ExplainCommand.PageOf(rule));
            return json => JsonSerializer.Serialize(json, result, LspJson.Default.MarkdownResult);
        }
        catch (UserMistakeException mistake)
        {
            throw new RequestFailedException(ErrorCode.RequestFailed, mistake.Message);
        }
    }

    private Action<Utf8JsonWriter> InspectDocument(string uri)
    {
        var analysis = workspace.Find(uri) is { } open ? workspace.Analyse(open)
            : DocumentUri.PathOf(uri) is { } path && workspace.AnalyseClosed(path) is { } closed ? closed
            : throw new RequestFailedException(ErrorCode.RequestFailed, $"{uri} cannot be read");
        var configs = Linter.Recognise(analysis.Document, analysis.Options, alsoWithoutLora: true);
        if (configs.Count == 0)
            throw new RequestFailedException(ErrorCode.RequestFailed, "this is not a config of a format that LoraLint knows");
        using var text = new StringWriter { NewLine = "\n" };
        var output = new Terminal { Out = text, Error = TextWriter.Null, In = Stream.Null, Folder = terminal.Folder };
        InspectCommand.WriteText(output, analysis.Document.Source, configs, analysis.Files, analysis.Options);
        var result = new TextResult(text.ToString());
        return json => JsonSerializer.Serialize(json, result, LspJson.Default.TextResult);
    }

    private async Task<Action<Utf8JsonWriter>> CheckAll(JsonElement? token, CancellationToken cancelled)
    {
        var progress = new WorkProgress(connection, "Checking configs", token, CanShowProgress);
        _underWay.Add(progress);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, progress.Cancellation.Token);
        var message = "stopped";
        try
        {
            var folders = workspace.Folders.Count > 0 ? workspace.Folders.ToList() : [workspace.MainFolder];
            // Large trees take a while to list, and nothing of that is anybody else's business.
            var settings = workspace.Settings.FileForAll;
            var files = await Task.Run(() => FilesIn(folders, settings), either.Token);
            var done = new TaskCompletionSource<WorkspaceCheckResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            connection.Post(() => check.Start(files, progress.Report, either.Token, done));
            var result = await done.Task;
            message = $"{Words.Count(result.Configs, "config")}, {Words.Count(result.Errors + result.Warnings + result.Infos, "finding")}";
            return json => JsonSerializer.Serialize(json, result, LspJson.Default.WorkspaceCheckResult);
        }
        catch (UserMistakeException mistake)
        {
            message = mistake.Message;
            throw new RequestFailedException(ErrorCode.RequestFailed, mistake.Message);
        }
        finally
        {
            connection.Post(() =>
            {
                _underWay.Remove(progress);
                progress.End(message);
            });
        }
    }

    private List<string> FilesIn(List<string> folders, string? settings)
    {
        var found = new FileDiscovery(terminal, new SettingsCache(terminal, settings)).Find(folders.Where(Directory.Exists).ToList());
        return [.. found.Select(f => f.FullPath)];
    }
}
