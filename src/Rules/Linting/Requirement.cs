using System.Globalization;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Linting;

/// <summary>Which releases of a package a project runs on, and where it says so.</summary>
/// <param name="Package">The package's name in its one spelling.</param>
/// <param name="Range">The releases; <see cref="VersionRange.Any"/> when the place names the package and pins nothing.</param>
/// <param name="Text">The requirement as people write it, such as <c>trl==0.24.0</c>.</param>
public sealed record Requirement(string Package, VersionRange Range, string Text)
{
    /// <summary>The file that says so; null for the settings.</summary>
    public SourceText? Source { get; init; }

    /// <summary>Where in the file.</summary>
    public TextSpan Span { get; init; }

    /// <summary>What a message calls the place: <c>requirements.txt:3</c>, or the settings.</summary>
    public string Place => Source is null ? "by the settings"
        : Source.Path.Substring(Source.Path.LastIndexOfAny(['/', '\\']) + 1) + ":"
            + Source.Lines.PositionAt(Span.Start).Line.ToString(CultureInfo.InvariantCulture);

    /// <summary>The place for programs; none for the settings.</summary>
    public IReadOnlyList<RelatedPlace> Related => Source is null ? [] : [new RelatedPlace(Source, Span, $"{Text} is required here")];

    /// <summary>Of several requirements for one package what holds for all of them; the place is the first one's.</summary>
    public static Requirement? Union(IEnumerable<Requirement> requirements) =>
        requirements.Aggregate((Requirement?)null, (all, next) => all is null ? next : all with { Range = all.Range.Or(next.Range) });
}
