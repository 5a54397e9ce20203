using System.Text.Json;

namespace LoraLint.Advisor.Lsp.Protocol;

internal sealed record MarkupContent(string Kind, string Value);

internal sealed record Hover(MarkupContent Contents, Range Range);

internal sealed record CompletionList(bool IsIncomplete, IReadOnlyList<CompletionItem> Items);

internal sealed record CompletionItem
{
    public required string Label { get; init; }

    /// <summary>10 property, 12 value, 13 enumeration member, 9 module.</summary>
    public int? Kind { get; init; }

    /// <summary>1 deprecated.</summary>
    public IReadOnlyList<int>? Tags { get; init; }

    public string? Detail { get; init; }

    public MarkupContent? Documentation { get; init; }

    public string? SortText { get; init; }

    public string? FilterText { get; init; }

    public RangeEdit? TextEdit { get; init; }

    public CompletionData? Data { get; init; }
}

/// <summary>What it takes to find an item's documentation later.</summary>
internal sealed record CompletionData(string Format, string Path);

internal sealed record InlayHint(Position Position, string Label, bool PaddingLeft, string? Tooltip);

internal sealed record DocumentSymbol(string Name, string? Detail, int Kind, Range Range, Range SelectionRange)
{
    public IReadOnlyList<DocumentSymbol>? Children { get; init; }
}

internal sealed record ExecuteCommandParams(
    string Command, IReadOnlyList<JsonElement>? Arguments = null, JsonElement? WorkDoneToken = null);

internal sealed record TextResult(string Text);

internal sealed record MarkdownResult(string Markdown);

internal sealed record WorkspaceCheckResult(int Files, int Configs, int Errors, int Warnings, int Infos);

internal sealed record MessageParams(int Type, string Message);

internal sealed record WorkDoneProgressCreateParams(JsonElement Token);

internal sealed record ProgressParams(JsonElement Token, ProgressValue Value);

internal sealed record ProgressValue(string Kind)
{
    public string? Title { get; init; }

    public string? Message { get; init; }

    public int? Percentage { get; init; }

    public bool? Cancellable { get; init; }
}

internal sealed record ProgressCancelParams(JsonElement Token);
