using System.Text.Json.Serialization;

namespace LoraLint.Advisor.Lsp.Protocol;

/// <summary>The protocol's types for the source generator, as native code has no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(InitializeParams))]
[JsonSerializable(typeof(InitializeResult))]
[JsonSerializable(typeof(DidOpenParams))]
[JsonSerializable(typeof(DidChangeParams))]
[JsonSerializable(typeof(TextDocumentParams))]
[JsonSerializable(typeof(NotebookOpenParams))]
[JsonSerializable(typeof(NotebookChangeParams))]
[JsonSerializable(typeof(NotebookCloseParams))]
[JsonSerializable(typeof(TextDocumentPositionParams))]
[JsonSerializable(typeof(TextDocumentRangeParams))]
[JsonSerializable(typeof(WorkspaceFoldersChange))]
[JsonSerializable(typeof(DidChangeConfigurationParams))]
[JsonSerializable(typeof(ConfigurationParams))]
[JsonSerializable(typeof(RegistrationParams))]
[JsonSerializable(typeof(DidChangeWatchedFilesOptions))]
[JsonSerializable(typeof(PublishDiagnosticsParams))]
[JsonSerializable(typeof(DocumentDiagnosticReport))]
[JsonSerializable(typeof(CodeActionParams))]
[JsonSerializable(typeof(IReadOnlyList<CodeAction>))]
[JsonSerializable(typeof(Hover))]
[JsonSerializable(typeof(CompletionList))]
[JsonSerializable(typeof(CompletionItem))]
[JsonSerializable(typeof(IReadOnlyList<InlayHint>))]
[JsonSerializable(typeof(IReadOnlyList<DocumentSymbol>))]
[JsonSerializable(typeof(Location))]
[JsonSerializable(typeof(ExecuteCommandParams))]
[JsonSerializable(typeof(TextResult))]
[JsonSerializable(typeof(MarkdownResult))]
[JsonSerializable(typeof(WorkspaceCheckResult))]
[JsonSerializable(typeof(MessageParams))]
[JsonSerializable(typeof(WorkDoneProgressCreateParams))]
[JsonSerializable(typeof(ProgressParams))]
[JsonSerializable(typeof(ProgressCancelParams))]
[JsonSerializable(typeof(WatchedFilesParams))]
[JsonSerializable(typeof(string))]
internal sealed partial class LspJson : JsonSerializerContext;
