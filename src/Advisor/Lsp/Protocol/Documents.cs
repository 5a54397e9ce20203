using System.Text.Json;

namespace LoraLint.Advisor.Lsp.Protocol;

internal sealed record DidOpenParams(TextDocumentItem TextDocument);

/// <summary>A document as the editor holds it.</summary>
internal sealed record TextDocumentItem(string Uri, string LanguageId, int Version, string Text);

internal sealed record DidChangeParams(VersionedDocument TextDocument, IReadOnlyList<ContentChange> ContentChanges);

internal sealed record VersionedDocument(string Uri, int? Version = null);

/// <summary>A new text for a range, or for the whole document when there is none.</summary>
internal sealed record ContentChange(string Text, Range? Range = null);

internal sealed record WorkspaceFoldersChange(FolderChange Event);

internal sealed record FolderChange(IReadOnlyList<WorkspaceFolder> Added, IReadOnlyList<WorkspaceFolder> Removed);

internal sealed record DidChangeConfigurationParams(JsonElement? Settings = null);

/// <summary>The settings of the section <c>loralint</c>; what is left out is null.</summary>
/// <param name="Profile">How far documented guidance counts; wins over loralint.yaml, as <c>--profile</c> does.</param>
/// <param name="SettingsFile">A settings file for all configs in place of the nearest loralint.yaml, as <c>--config</c>.</param>
/// <param name="InlayHints">Whether hints are shown behind values.</param>
/// <param name="PullDiagnostics">Whether the client asks for diagnostics itself rather than being told of them.</param>
internal sealed record ClientSettings(string? Profile, string? SettingsFile, bool? InlayHints, bool? PullDiagnostics)
{
    /// <summary>Nothing is set.</summary>
    public static ClientSettings None { get; } = new(null, null, null, null);
}

internal sealed record ConfigurationParams(IReadOnlyList<ConfigurationItem> Items);

internal sealed record ConfigurationItem(string Section);

internal sealed record RegistrationParams(IReadOnlyList<Registration> Registrations);

internal sealed record Registration(string Id, string Method, JsonElement? RegisterOptions = null);

internal sealed record DidChangeWatchedFilesOptions(IReadOnlyList<WatchedFiles> Watchers);

internal sealed record WatchedFiles(string GlobPattern);

internal sealed record WatchedFilesParams(IReadOnlyList<TextDocumentIdentifier> Changes);
