using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>What can be done about findings: fix them, ignore them with a reason, or set how severe their rule is.</summary>
internal sealed class CodeActions(Workspace workspace, ClientCapabilities client, PositionEncoding encoding)
{
    /// <summary>The kind of the action that fixes what is safe in a file, which editors run on saving.</summary>
    public const string FixAllKind = "source.fixAll.loralint";

    /// <summary>The kind of the others.</summary>
    public const string FixKind = "quickfix";

    private readonly EditWriter _edits = new(client, encoding);
    private readonly DiagnosticConverter _diagnostics = new(encoding);

    /// <summary>The actions for a part of a document, the likeliest first.</summary>
    /// <param name="document">The document.</param>
    /// <param name="range">The part: a cursor, a selection.</param>
    /// <param name="only">The kinds that are asked for, or null for all.</param>
    public IReadOnlyList<CodeAction> For(OpenDocument document, Protocol.Range range, IReadOnlyList<string>? only)
    {
        var actions = new List<CodeAction>();
        var analysis = workspace.Analyse(document);
        var findings = analysis.Result.Findings;
        if (Wants(only, FixKind))
        {
            var span = encoding.SpanOf(document.Source, range);
            var here = findings.Where(f => f.Span.Start <= span.End && span.Start <= f.Span.End).ToList();
            actions.AddRange(here.Where(f => f.Fix is { Edits.Count: > 0 }).OrderBy(f => f.Fix!.Safety).Select(f => FixOf(document, f)));
            if (findings.Count(f => f.Fix is { Safety: FixSafety.Safe, Edits.Count: > 0 }) > 1
                && FixAll(document, analysis, FixKind) is { } all)
                actions.Add(all);
            // Several findings of one rule share these.
            actions.AddRange(here.DistinctBy(f => f.Rule).Select(f => IgnoreOf(document, analysis, f)).OfType<CodeAction>());
            actions.AddRange(here.DistinctBy(f => f.Rule).SelectMany(f => SeveritiesOf(document, f)));
        }

        if (Wants(only, FixAllKind) && only is not null && FixAll(document, analysis, FixAllKind) is { } fixAll)
            actions.Add(fixAll);
        return actions;
    }

    // A kind stands for all below it: source for source.fixAll for source.fixAll.loralint.
    private static bool Wants(IReadOnlyList<string>? only, string kind) =>
        only is null || only.Any(o => o.Length == 0 || kind == o || kind.StartsWith(o + ".", StringComparison.Ordinal));

    private CodeAction FixOf(OpenDocument document, Finding finding) => new()
    {
        Title = finding.Fix!.Title,
        Kind = FixKind,
        Diagnostics = [_diagnostics.Convert(document.Uri, document.Source, finding)],
        IsPreferred = finding.Fix.Safety == FixSafety.Safe ? true : null,
        Edit = Edit(document, finding.Fix.Edits),
    };

    private CodeAction? FixAll(OpenDocument document, Analysis analysis, string kind)
    {
        var outcome = Fixer.Fix(analysis.Document, analysis.Result, includeUnsafe: false, text =>
        {
            var next = workspace.Analyse(document, text);
            return (next.Document, next.Result);
        });
        if (outcome.Fixed == 0)
            return null;
        return new CodeAction
        {
            Title = "Fix everything that is safe to fix in this file", Kind = kind,
            Edit = Edit(document, [Difference(document.Source.Text, outcome.Text)]),
        };
    }

    private CodeAction? IgnoreOf(OpenDocument document, Analysis analysis, Finding finding)
    {
        foreach (var edit in IgnoreComment.Candidates(analysis.Document, finding))
        {
            // A comment inside of a text in quotes would be no comment, and some findings cannot be ignored.
            var next = workspace.Analyse(document, TextEdit.Apply(document.Source.Text, [edit]));
            if (next.Result.Findings.Count >= analysis.Result.Findings.Count
                || next.Document.Problems.Count > analysis.Document.Problems.Count)
                continue;
            return new CodeAction
            {
                Title = $"Ignore {finding.Rule.Name} on this line", Kind = FixKind,
                Diagnostics = [_diagnostics.Convert(document.Uri, document.Source, finding)],
                Edit = Edit(document, [edit]),
            };
        }

        return null;
    }

    private IEnumerable<CodeAction> SeveritiesOf(OpenDocument document, Finding finding)
    {
        if ((document.Notebook?.Path ?? document.Path) is not { } file)
            yield break;
        var path = workspace.Settings.FileFor(file) ?? Path.Join(workspace.FolderOf(file), SettingsFile.FileName);
        foreach (var severity in new[] { Severity.Off, Severity.Info })
        {
            if (severity >= finding.Severity || EditOf(path, finding.Rule, severity) is not { } edit)
                continue;
            yield return new CodeAction
            {
                Title = severity == Severity.Off
                    ? $"Switch {finding.Rule.Name} off in {SettingsFile.FileName}"
                    : $"Make {finding.Rule.Name} {Words.Of(severity)} in {SettingsFile.FileName}",
                Kind = FixKind,
                Diagnostics = [_diagnostics.Convert(document.Uri, document.Source, finding)],
                Edit = edit,
            };
        }
    }

    private WorkspaceEdit? EditOf(string settingsPath, RuleInfo rule, Severity severity)
    {
        var open = workspace.FindPath(settingsPath);
        if (open is null && !File.Exists(settingsPath))
            return _edits.CanCreate ? EditWriter.Create(DocumentUri.Of(settingsPath), SeveritySetting.NewFile(rule, severity)) : null;
        if ((open?.Source ?? SourceOf(settingsPath)) is not { } source || SeveritySetting.Edit(source, rule, severity) is not { } edit)
            return null;
        return _edits.Edit(open?.Uri ?? DocumentUri.Of(settingsPath), open?.Version, source, [edit]);
    }

    private static SourceText? SourceOf(string path) =>
        FileReader.Read(path).Decoded is { Problem: null } decoded ? new SourceText(path, decoded.Text) : null;

    private WorkspaceEdit Edit(OpenDocument document, IReadOnlyList<TextEdit> edits) =>
        _edits.Edit(document.Uri, document.Version, document.Source, edits);

    // What lies between the parts that two texts begin and end with alike.
    private static TextEdit Difference(string before, string after)
    {
        var start = before.AsSpan().CommonPrefixLength(after);
        // A pair of units that make one character goes together.
        if (start > 0 && char.IsHighSurrogate(before[start - 1]))
            start--;
        var end = 0;
        var most = Math.Min(before.Length, after.Length) - start;
        while (end < most && before[^(end + 1)] == after[^(end + 1)])
            end++;
        if (end > 0 && char.IsLowSurrogate(before[^end]))
            end--;
        return new TextEdit(TextSpan.FromBounds(start, before.Length - end), after[start..^end]);
    }
}
