using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// The language server: what <c>loralint check</c> finds, in the editor. It takes messages in order, and tells of findings when no
/// message waits, so that a burst of keystrokes costs one check.
/// </summary>
internal sealed class LanguageServer
{
    private readonly Connection _connection;
    private readonly Terminal _terminal;
    private readonly Workspace _workspace;
    private readonly WorkspaceCheck _check;
    private readonly ServerCommands _commands;
    private ClientCapabilities _client = new();
    private ClientSettings _initialSettings = ClientSettings.None;
    private PositionEncoding _encoding = PositionEncoding.Utf16;
    private State _state;
    private bool _pushes = true;

    /// <summary>A server that is not listening yet.</summary>
    /// <param name="input">What the client writes.</param>
    /// <param name="output">What the client reads.</param>
    /// <param name="terminal">Where the process runs; errors are logged there.</param>
    public LanguageServer(Stream input, Stream output, Terminal terminal)
    {
        _terminal = terminal;
        _connection = new Connection(input, output, Log) { Refusal = Refusal };
        _workspace = new Workspace(terminal.Folder, BaseModelFolder.Of(terminal.Variable), Tell);
        _check = new WorkspaceCheck(_workspace, PublishClosed);
        _commands = new ServerCommands(_connection, _workspace, _check, terminal);
        Lifecycle();
        Documents();
        Notebooks();
        Questions();
    }

    private enum State
    {
        Started,
        Initialized,
        ShutDown,
    }

    /// <summary>Serves until the client says exit or goes away; gives the exit code.</summary>
    public int Run()
    {
        try
        {
            _connection.Run(PublishNext);
        }
        catch (IOException)
        {
            Log("the client no longer reads");
        }

        return _state == State.ShutDown ? ExitCode.Clean : ExitCode.Findings;
    }

    private void Lifecycle()
    {
        _connection.OnRequest("initialize", LspJson.Default.InitializeParams, LspJson.Default.InitializeResult, (p, _) => Initialize(p));
        _connection.OnNotification("initialized", Register);
        _connection.OnRequest("shutdown", () => _state = State.ShutDown);
        _connection.OnNotification("exit", _connection.Stop);
        _connection.OnNotification("$/setTrace", () => { });
        _connection.OnNotification(
            "workspace/didChangeConfiguration", LspJson.Default.DidChangeConfigurationParams, p => ChangeSettings(p.Settings));
        _connection.OnNotification("workspace/didChangeWatchedFiles", LspJson.Default.WatchedFilesParams, p =>
        {
            _check.Recheck([.. p.Changes.Select(c => DocumentUri.PathOf(c.Uri)).OfType<string>()]);
            Refresh();
        });
        _connection.OnNotification(
            "window/workDoneProgress/cancel", LspJson.Default.ProgressCancelParams, p => _commands.CancelWork(p.Token));
        _connection.OnNotification("workspace/didChangeWorkspaceFolders", LspJson.Default.WorkspaceFoldersChange, p =>
        {
            _workspace.ChangeFolders(p.Event.Added, p.Event.Removed);
            Refresh();
        });
    }

    private void Documents()
    {
        _connection.OnNotification("textDocument/didOpen", LspJson.Default.DidOpenParams, p => Open(p.TextDocument));
        _connection.OnNotification(
            "textDocument/didChange", LspJson.Default.DidChangeParams,
            p => _workspace.Change(p.TextDocument, p.ContentChanges, _encoding));
        // What lies on disk counts for the files around, and for the settings.
        _connection.OnNotification("textDocument/didSave", Refresh);
        _connection.OnNotification("textDocument/didClose", LspJson.Default.TextDocumentParams, p => Close(p.TextDocument.Uri));
    }

    private void Notebooks()
    {
        _connection.OnNotification("notebookDocument/didOpen", LspJson.Default.NotebookOpenParams, p =>
        {
            _workspace.OpenNotebook(p.NotebookDocument, p.CellTextDocuments);
            // A check of the whole workspace told what is in the file; the cells tell it from here on.
            if (DocumentUri.PathOf(p.NotebookDocument.Uri) is { } path)
                _check.Forget(path);
            Publish(p.NotebookDocument.Uri, null, []);
        });
        _connection.OnNotification("notebookDocument/didChange", LspJson.Default.NotebookChangeParams, p =>
            Clear(p.Change.Cells is { } changes ? _workspace.ChangeNotebook(p.NotebookDocument.Uri, changes, _encoding) : []));
        _connection.OnNotification("notebookDocument/didSave", Refresh);
        _connection.OnNotification(
            "notebookDocument/didClose", LspJson.Default.NotebookCloseParams,
            p => Clear(_workspace.CloseNotebook(p.NotebookDocument.Uri)));
    }

    private void Clear(IReadOnlyList<string> closed)
    {
        foreach (var uri in _pushes ? closed : [])
            Publish(uri, null, []);
    }

    private void Questions()
    {
        _connection.OnRequest(
            "textDocument/diagnostic", LspJson.Default.TextDocumentParams, LspJson.Default.DocumentDiagnosticReport,
            (p, _) => new DocumentDiagnosticReport("full", In(p.TextDocument, DiagnosticsOf) ?? []));
        _connection.OnRequest(
            "textDocument/codeAction", LspJson.Default.CodeActionParams, LspJson.Default.IReadOnlyListCodeAction,
            (p, _) => In(
                p.TextDocument, document => new CodeActions(_workspace, _client, _encoding).For(document, p.Range, p.Context?.Only)));
        _connection.OnRequest(
            "textDocument/hover", LspJson.Default.TextDocumentPositionParams, LspJson.Default.Hover,
            (p, _) => In(p.TextDocument, document => new Hovers(_workspace, _client, _encoding).At(document, p.Position)));
        _connection.OnRequest(
            "textDocument/completion", LspJson.Default.TextDocumentPositionParams, LspJson.Default.CompletionList,
            (p, _) => In(p.TextDocument, document => new Completions(_workspace, _encoding).For(document, p.Position)));
        _connection.OnRequest(
            "completionItem/resolve", LspJson.Default.CompletionItem, LspJson.Default.CompletionItem,
            (item, _) => Completions.Resolve(item));
        _connection.OnRequest(
            "textDocument/inlayHint", LspJson.Default.TextDocumentRangeParams, LspJson.Default.IReadOnlyListInlayHint,
            (p, _) => In(p.TextDocument, document => new InlayHints(_workspace, _encoding).In(document, p.Range)));
        _connection.OnRequest(
            "textDocument/documentSymbol", LspJson.Default.TextDocumentParams, LspJson.Default.IReadOnlyListDocumentSymbol,
            (p, _) => In(p.TextDocument, d => new DocumentSymbols(_encoding).Of(_workspace.Analyse(d).Document)));
        _connection.OnRequest(
            "textDocument/definition", LspJson.Default.TextDocumentPositionParams, LspJson.Default.Location,
            (p, _) => In(p.TextDocument, document => new Definitions(_workspace, _encoding).Of(document, p.Position)));
        _connection.OnRequest("workspace/executeCommand", LspJson.Default.ExecuteCommandParams, _commands.Execute);
    }

    // Null, which is nothing to show, for a document that is not open.
    private T? In<T>(TextDocumentIdentifier document, Func<OpenDocument, T?> answer)
        where T : class => _workspace.Find(document.Uri) is { } open ? answer(open) : null;

    private InitializeResult Initialize(InitializeParams p)
    {
        _state = State.Initialized;
        _client = p.Capabilities ?? new ClientCapabilities();
        _commands.CanShowProgress = _client.Window?.WorkDoneProgress == true;
        _encoding = PositionEncoding.Choose(_client.General?.PositionEncodings);
        _workspace.SetFolders(p);
        _initialSettings = ReadSettings(p.InitializationOptions ?? default);
        _workspace.Settings.Take(_initialSettings, _workspace.MainFolder);
        // A client that is told and asks as well would show every finding twice.
        _pushes = _client.TextDocument?.Diagnostic is null
            || (_client.TextDocument.PublishDiagnostics is not null && _initialSettings.PullDiagnostics != true);
        if (p.ProcessId is { } id)
            ParentWatch.Start(id, () => _connection.Post(_connection.Stop));
        return new InitializeResult(
            new ServerCapabilities
            {
                PositionEncoding = _encoding.Name,
                TextDocumentSync = new TextDocumentSyncOptions(OpenClose: true, Change: 2, Save: true),
                NotebookDocumentSync = _client.NotebookDocument is null ? null : new NotebookSyncOptions(
                    [new NotebookSelector(new NotebookFilter("jupyter-notebook"), [new CellLanguage("python")])], Save: true),
                CodeActionProvider = new CodeActionOptions([CodeActions.FixKind, CodeActions.FixAllKind]),
                CompletionProvider = new CompletionOptions([":", " ", "\"", "-", "(", "="], ResolveProvider: true),
                ExecuteCommandProvider = new ExecuteCommandOptions(ServerCommands.All, WorkDoneProgress: true),
                DiagnosticProvider = _pushes ? null : new DiagnosticOptions("loralint", true, false),
            },
            new ServerInfo("loralint", Program.Version));
    }

    private RequestFailedException? Refusal(string method) => _state switch
    {
        State.Started when method is not ("initialize" or "exit") =>
            new RequestFailedException(ErrorCode.ServerNotInitialized, $"initialize comes before {method}"),
        State.Initialized when method == "initialize" =>
            new RequestFailedException(ErrorCode.InvalidRequest, "initialize comes once"),
        State.ShutDown when method != "exit" =>
            new RequestFailedException(ErrorCode.InvalidRequest, $"exit comes after shutdown, not {method}"),
        _ => null,
    };

    private void Register()
    {
        if (_client.Workspace?.DidChangeWatchedFiles?.DynamicRegistration == true)
        {
            var watchers = new DidChangeWatchedFilesOptions(
                [new WatchedFiles("**/*.{yaml,yml,json,toml,py,ipynb,sh,jsonl,csv,parquet,safetensors}")]);
            _connection.Ask(
                "client/registerCapability",
                new RegistrationParams([new Registration(
                    "files", "workspace/didChangeWatchedFiles",
                    JsonSerializer.SerializeToElement(watchers, LspJson.Default.DidChangeWatchedFilesOptions))]),
                LspJson.Default.RegistrationParams);
        }

        if (_client.Workspace?.DidChangeConfiguration?.DynamicRegistration == true)
        {
            _connection.Ask(
                "client/registerCapability",
                new RegistrationParams([new Registration("settings", "workspace/didChangeConfiguration")]),
                LspJson.Default.RegistrationParams);
        }

        AskForSettings();
    }

    // Clients that answer questions about settings send none of worth with the notification.
    private void ChangeSettings(JsonElement? settings)
    {
        if (_client.Workspace?.Configuration == true)
            AskForSettings();
        else if (settings is { ValueKind: JsonValueKind.Object } given)
            TakeSettings(given.TryGetProperty("loralint", out var section) ? section : given);
    }

    private void AskForSettings()
    {
        if (_client.Workspace?.Configuration != true)
            return;
        _connection.Ask(
            "workspace/configuration", new ConfigurationParams([new ConfigurationItem("loralint")]), LspJson.Default.ConfigurationParams,
            answer =>
            {
                if (answer.ValueKind == JsonValueKind.Array && answer.GetArrayLength() == 1)
                    TakeSettings(answer[0]);
            });
    }

    private void TakeSettings(JsonElement settings)
    {
        var client = settings.ValueKind == JsonValueKind.Object ? ReadSettings(settings) : _initialSettings;
        _workspace.Settings.Take(client, _workspace.MainFolder);
        Refresh();
    }

    // A setting of the wrong type must not take the others with it.
    private static ClientSettings ReadSettings(JsonElement settings)
    {
        return new ClientSettings(Text("profile"), Text("settingsFile"), Flag("inlayHints"), Flag("pullDiagnostics"));

        string? Text(string name) => Value(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

        bool? Flag(string name) => Value(name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } flag ? flag.GetBoolean() : null;

        JsonElement? Value(string name) =>
            settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var value) ? value : null;
    }

    private void Refresh()
    {
        _workspace.ForgetAll();
        if (!_pushes && _client.Workspace?.Diagnostics?.RefreshSupport == true)
            _connection.Ask("workspace/diagnostic/refresh");
        if (_client.Workspace?.InlayHint?.RefreshSupport == true)
            _connection.Ask("workspace/inlayHint/refresh");
    }

    private void Open(TextDocumentItem item)
    {
        _workspace.Open(item);
        if (_workspace.Find(item.Uri)!.Path is not { } path)
            return;
        _check.Forget(path);
        // A client that asks would show what a check of the whole workspace told beside what it asks for.
        if (!_pushes)
            Publish(item.Uri, null, []);
    }

    private void Close(string uri)
    {
        if (_workspace.Close(uri) && _pushes)
            Publish(uri, null, []);
    }

    // One document at a time: a message that comes in meanwhile goes first.
    private bool PublishNext()
    {
        if (!_pushes || _workspace.NextStale() is not { } document)
            return _check.Step();
        // Before the check: one that fails is logged once for a text rather than again and again.
        document.MarkTold();
        Publish(document.Uri, document.Version, DiagnosticsOf(document));
        return true;
    }

    private void PublishClosed(string path, Analysis? analysis)
    {
        var uri = DocumentUri.Of(path);
        Publish(uri, null, analysis is null ? []
            : new DiagnosticConverter(_encoding).Convert(uri, analysis.Document.Source, analysis.Result.Findings));
    }

    private IReadOnlyList<Diagnostic> DiagnosticsOf(OpenDocument document)
    {
        var analysis = _workspace.Analyse(document);
        var converter = new DiagnosticConverter(_encoding);
        return analysis.Mistakes.Count > 0
            ? converter.Convert(document.Source, analysis.Mistakes)
            : converter.Convert(document.Uri, document.Source, analysis.Result.Findings);
    }

    private void Publish(string uri, int? version, IReadOnlyList<Diagnostic> diagnostics) => _connection.Writer.Notify(
        "textDocument/publishDiagnostics",
        new PublishDiagnosticsParams(uri, version, diagnostics),
        LspJson.Default.PublishDiagnosticsParams);

    // A word to the user, who may not read logs.
    private void Tell(string message) =>
        _connection.Writer.Notify("window/showMessage", new MessageParams(2, "LoraLint: " + message), LspJson.Default.MessageParams);

    private void Log(string message)
    {
        try
        {
            _terminal.Error.WriteLine("loralint lsp: " + message);
            if (_state == State.Initialized)
                _connection.Writer.Notify("window/logMessage", new MessageParams(1, message), LspJson.Default.MessageParams);
        }
        catch (IOException)
        {
            // Nobody is left to tell.
        }
    }
}
