namespace LoraLint.Advisor.Lsp.Protocol;

/// <summary>A place in a document: line and character from 0, the character in units of the negotiated encoding.</summary>
internal readonly record struct Position(int Line, int Character);

/// <summary>From a place up to, and without, another.</summary>
internal readonly record struct Range(Position Start, Position End);

/// <summary>A range of a document.</summary>
internal sealed record Location(string Uri, Range Range);

/// <summary>A document by its address.</summary>
internal sealed record TextDocumentIdentifier(string Uri);

/// <summary>A document and a place in it, which most requests ask about.</summary>
internal sealed record TextDocumentPositionParams(TextDocumentIdentifier TextDocument, Position Position);

/// <summary>A document as a whole.</summary>
internal sealed record TextDocumentParams(TextDocumentIdentifier TextDocument);

/// <summary>A document and a range of it.</summary>
internal sealed record TextDocumentRangeParams(TextDocumentIdentifier TextDocument, Range Range);
