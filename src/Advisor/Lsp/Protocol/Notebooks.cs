namespace LoraLint.Advisor.Lsp.Protocol;

/// <summary>Which cells a client tells us of together with the notebook that they are in.</summary>
internal sealed record NotebookSyncOptions(IReadOnlyList<NotebookSelector> NotebookSelector, bool Save);

internal sealed record NotebookSelector(NotebookFilter Notebook, IReadOnlyList<CellLanguage> Cells);

internal sealed record NotebookFilter(string NotebookType);

internal sealed record CellLanguage(string Language);

internal sealed record NotebookOpenParams(NotebookItem NotebookDocument, IReadOnlyList<TextDocumentItem> CellTextDocuments);

/// <summary>A notebook with those of its cells that we are told of.</summary>
internal sealed record NotebookItem(string Uri, IReadOnlyList<NotebookCell> Cells);

internal sealed record NotebookCell(string Document);

internal sealed record NotebookChangeParams(TextDocumentIdentifier NotebookDocument, NotebookChange Change);

internal sealed record NotebookChange(CellChanges? Cells = null);

internal sealed record CellChanges(CellStructure? Structure = null, IReadOnlyList<CellTextChange>? TextContent = null);

internal sealed record CellStructure(
    CellArrayChange Array, IReadOnlyList<TextDocumentItem>? DidOpen = null, IReadOnlyList<TextDocumentIdentifier>? DidClose = null);

/// <summary>Some cells in place of others.</summary>
internal sealed record CellArrayChange(int Start, int DeleteCount, IReadOnlyList<NotebookCell>? Cells = null);

internal sealed record CellTextChange(VersionedDocument Document, IReadOnlyList<ContentChange> Changes);

internal sealed record NotebookCloseParams(TextDocumentIdentifier NotebookDocument);
