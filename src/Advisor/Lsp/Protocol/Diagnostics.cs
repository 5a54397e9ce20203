namespace LoraLint.Advisor.Lsp.Protocol;

/// <summary>A finding as editors show it.</summary>
internal sealed record Diagnostic
{
    public required Range Range { get; init; }

    /// <summary>1 error, 2 warning, 3 information.</summary>
    public required int Severity { get; init; }

    /// <summary>The rule's name.</summary>
    public string? Code { get; init; }

    public CodeDescription? CodeDescription { get; init; }

    public string Source { get; init; } = "loralint";

    public required string Message { get; init; }

    /// <summary>1 without effect, 2 deprecated.</summary>
    public IReadOnlyList<int>? Tags { get; init; }

    public IReadOnlyList<RelatedInformation>? RelatedInformation { get; init; }

    public DiagnosticData? Data { get; init; }
}

internal sealed record CodeDescription(string Href);

internal sealed record RelatedInformation(Location Location, string Message);

/// <summary>What clients hand back unread, and what programs may use.</summary>
internal sealed record DiagnosticData(string Code, FixData? Fix);

internal sealed record FixData(string Safety, string Title, IReadOnlyList<RangeEdit> Edits);

/// <summary>Another text for a range: the protocol's TextEdit.</summary>
internal sealed record RangeEdit(Range Range, string NewText);

internal sealed record PublishDiagnosticsParams(string Uri, int? Version, IReadOnlyList<Diagnostic> Diagnostics);

internal sealed record DocumentDiagnosticReport(string Kind, IReadOnlyList<Diagnostic> Items);
