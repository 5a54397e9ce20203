using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Output;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Lsp;

/// <summary>Turns findings into diagnostics: nothing is added, left out or put in another order.</summary>
/// <param name="encoding">How characters are counted.</param>
internal sealed class DiagnosticConverter(PositionEncoding encoding)
{
    /// <summary>The diagnostics of a document.</summary>
    /// <param name="uri">Its address.</param>
    /// <param name="source">Its text.</param>
    /// <param name="findings">What was found.</param>
    public IReadOnlyList<Diagnostic> Convert(string uri, SourceText source, IReadOnlyList<Finding> findings) =>
        [.. findings.Select(f => Convert(uri, source, f))];

    /// <summary>One finding.</summary>
    public Diagnostic Convert(string uri, SourceText source, Finding finding) => new()
    {
        Range = encoding.RangeOf(source, finding.Span),
        Severity = finding.Severity switch { Severity.Error => 1, Severity.Warning => 2, _ => 3 },
        Code = finding.Rule.Name,
        CodeDescription = new CodeDescription(finding.Rule.HelpLink),
        Message = finding.Message,
        Tags = finding.Rule.Tag switch
        {
            FindingTag.Unnecessary => [1],
            FindingTag.Deprecated => [2],
            _ => null,
        },
        RelatedInformation = finding.Related.Count == 0 ? null : [.. finding.Related.Select(p => Convert(uri, source, p))],
        Data = new DiagnosticData(finding.Rule.Code, finding.Fix is { } fix ? Convert(source, fix) : null),
    };

    /// <summary>The mistakes of a settings file; each runs to the end of its line.</summary>
    public IReadOnlyList<Diagnostic> Convert(SourceText source, IReadOnlyList<SettingsMistake> mistakes) => [.. mistakes.Select(m =>
        new Diagnostic
        {
            Range = encoding.RangeOf(source, TextSpan.FromBounds(
                m.Offset, Math.Max(m.Offset, source.Lines.LineSpan(source.Lines.LineAt(m.Offset)).End))),
            Severity = 1,
            Message = m.Message,
        })];

    /// <summary>Edits of a text.</summary>
    public IReadOnlyList<RangeEdit> Convert(SourceText source, IEnumerable<TextEdit> edits) =>
        [.. edits.Select(e => new RangeEdit(encoding.RangeOf(source, e.Span), e.NewText))];

    private FixData Convert(SourceText source, Fix fix) => new(Words.Of(fix.Safety), fix.Title, Convert(source, fix.Edits));

    private RelatedInformation Convert(string uri, SourceText source, RelatedPlace place)
    {
        var isHere = place.Source == source;
        return new RelatedInformation(
            new Location(isHere ? uri : DocumentUri.OfShown(place.Source.Path), encoding.RangeOf(place.Source, place.Span)),
            place.Message);
    }
}
