using System.Text.Json;

namespace LoraLint.Advisor.Lsp.Protocol;

/// <summary>What a client says first.</summary>
internal sealed record InitializeParams
{
    public int? ProcessId { get; init; }

    public string? RootUri { get; init; }

    public string? RootPath { get; init; }

    public IReadOnlyList<WorkspaceFolder>? WorkspaceFolders { get; init; }

    public ClientCapabilities? Capabilities { get; init; }

    public JsonElement? InitializationOptions { get; init; }
}

/// <summary>A folder that is open in the editor.</summary>
internal sealed record WorkspaceFolder(string Uri, string? Name = null);

/// <summary>What the client can do, as far as it changes what we send.</summary>
internal sealed record ClientCapabilities
{
    public GeneralCapabilities? General { get; init; }

    public WorkspaceCapabilities? Workspace { get; init; }

    public TextDocumentCapabilities? TextDocument { get; init; }

    public WindowCapabilities? Window { get; init; }

    public JsonElement? NotebookDocument { get; init; }
}

internal sealed record GeneralCapabilities(IReadOnlyList<string>? PositionEncodings = null);

internal sealed record WorkspaceCapabilities
{
    public bool? Configuration { get; init; }

    public RegistrationSupport? DidChangeWatchedFiles { get; init; }

    public RegistrationSupport? DidChangeConfiguration { get; init; }

    public WorkspaceEditCapabilities? WorkspaceEdit { get; init; }

    public RefreshCapabilities? InlayHint { get; init; }

    public RefreshCapabilities? Diagnostics { get; init; }
}

internal sealed record RegistrationSupport(bool? DynamicRegistration = null);

internal sealed record WorkspaceEditCapabilities(bool? DocumentChanges = null, IReadOnlyList<string>? ResourceOperations = null);

internal sealed record RefreshCapabilities(bool? RefreshSupport = null);

internal sealed record TextDocumentCapabilities
{
    public HoverCapabilities? Hover { get; init; }

    public CompletionCapabilities? Completion { get; init; }

    public JsonElement? PublishDiagnostics { get; init; }

    public JsonElement? Diagnostic { get; init; }
}

internal sealed record HoverCapabilities(IReadOnlyList<string>? ContentFormat = null);

internal sealed record CompletionCapabilities(CompletionItemCapabilities? CompletionItem = null);

internal sealed record CompletionItemCapabilities(IReadOnlyList<string>? DocumentationFormat = null);

internal sealed record WindowCapabilities(bool? WorkDoneProgress = null);

/// <summary>What we answer to it.</summary>
internal sealed record InitializeResult(ServerCapabilities Capabilities, ServerInfo ServerInfo);

internal sealed record ServerInfo(string Name, string Version);

/// <summary>What the server can do.</summary>
internal sealed record ServerCapabilities
{
    public required string PositionEncoding { get; init; }

    public required TextDocumentSyncOptions TextDocumentSync { get; init; }

    public NotebookSyncOptions? NotebookDocumentSync { get; init; }

    public required CodeActionOptions CodeActionProvider { get; init; }

    public required CompletionOptions CompletionProvider { get; init; }

    public required ExecuteCommandOptions ExecuteCommandProvider { get; init; }

    public DiagnosticOptions? DiagnosticProvider { get; init; }

    public bool HoverProvider { get; init; } = true;

    public bool DefinitionProvider { get; init; } = true;

    public bool DocumentSymbolProvider { get; init; } = true;

    public bool InlayHintProvider { get; init; } = true;

    public ServerWorkspaceCapabilities Workspace { get; init; } = new(new WorkspaceFoldersOptions(true, true));
}

internal sealed record TextDocumentSyncOptions(bool OpenClose, int Change, bool Save);

internal sealed record CodeActionOptions(IReadOnlyList<string> CodeActionKinds);

internal sealed record CompletionOptions(IReadOnlyList<string> TriggerCharacters, bool ResolveProvider);

internal sealed record ExecuteCommandOptions(IReadOnlyList<string> Commands, bool WorkDoneProgress);

internal sealed record DiagnosticOptions(string Identifier, bool InterFileDependencies, bool WorkspaceDiagnostics);

internal sealed record ServerWorkspaceCapabilities(WorkspaceFoldersOptions WorkspaceFolders);

internal sealed record WorkspaceFoldersOptions(bool Supported, bool ChangeNotifications);
