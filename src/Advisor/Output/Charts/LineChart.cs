using System.Globalization;
using System.Net;
using System.Text;

namespace LoraLint.Advisor.Output.Charts;

/// <summary>
/// A chart over optimizer steps, or over something else that is counted, as inline SVG: no script, no fonts, no network; colours come
/// from the page's style.
/// </summary>
internal sealed record LineChart
{
    // Drawn in these units and scaled to the page.
    private const int Left = 52;
    private const int Right = 14;
    private const int Top = 12;
    private const int Bottom = 34;

    // More points than this a line are not seen, and make the page large.
    private const int MostPoints = 800;

    /// <summary>What it shows, for its heading and for screen readers.</summary>
    public required string Title { get; init; }

    /// <summary>What is to be seen in it, in a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>The lines, drawn in this order.</summary>
    public required IReadOnlyList<ChartLine> Lines { get; init; }

    /// <summary>The last step of the x axis.</summary>
    public required int Steps { get; init; }

    /// <summary>What the x axis counts.</summary>
    public string Unit { get; init; } = "step";

    /// <summary>Marks of the x axis in place of round numbers: places from 0 to <see cref="Steps"/> with what stands below them.</summary>
    public IReadOnlyList<(double At, string Label)>? Marks { get; init; }

    /// <summary>Whether the y axis starts at zero.</summary>
    public bool FromZero { get; init; }

    /// <summary>A level drawn across, or null.</summary>
    public (double Value, string Name)? Level { get; init; }

    /// <summary>Width in units.</summary>
    public int Width { get; init; } = 460;

    /// <summary>Height in units.</summary>
    public int Height { get; init; } = 230;

    /// <summary>Writes the figure.</summary>
    /// <param name="html">The page.</param>
    public void Write(StringBuilder html)
    {
        var values = Lines.SelectMany(line => line.Points).Select(point => point.Y).ToList();
        if (Level is { } level && level.Value <= values.DefaultIfEmpty().Max() * 1.5)
            values.Add(level.Value);
        if (FromZero || values.Count == 0)
            values.Add(0);
        var y = Axis.Around(values.Min(), values.Max(), 4);
        var x = Axis.Counting(Steps, Width / 65);

        html.Append(Width > 600 ? "<figure class=\"chart wide\">\n<figcaption>" : "<figure class=\"chart\">\n<figcaption>")
            .Append(Escape(Title));
        WriteLegend(html);
        html.Append("</figcaption>\n<div class=\"plot\">")
            .Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\""))
            .Append(Escape($"{Title}. {Description}")).Append("\">\n");
        WriteAxes(html, x, y);
        if (Level is { } drawn && drawn.Value <= y.To)
        {
            var at = Y(y, drawn.Value);
            html.Append(Invariant($"<line class=\"level\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{at:0.#}\" y2=\"{at:0.#}\"/>\n"));
            html.Append(Invariant($"<text class=\"mark\" x=\"{Width - Right}\" y=\"{at - 5:0.#}\" text-anchor=\"end\">"))
                .Append(Escape(drawn.Name)).Append("</text>\n");
        }

        foreach (var line in Lines)
            WriteLine(html, line, x, y);
        html.Append("</svg></div>\n</figure>\n");
    }

    private void WriteLegend(StringBuilder html)
    {
        if (Lines.All(line => line.Name is null))
            return;
        html.Append("<span class=\"legend\">");
        foreach (var line in Lines.Where(line => line.Name is not null))
        {
            html.Append("<span class=\"key\"><svg viewBox=\"0 0 22 10\" width=\"22\" height=\"10\" aria-hidden=\"true\">")
                .Append("<path class=\"line ").Append(line.Style).Append("\" d=\"M1 5H21\"/>")
                .Append(line.HasDots ? $"<circle class=\"dot {line.Style}\" cx=\"11\" cy=\"5\" r=\"3\"/>" : "")
                .Append("</svg>").Append(Escape(line.Name!)).Append("</span>");
        }

        html.Append("</span>");
    }

    private void WriteAxes(StringBuilder html, Axis x, Axis y)
    {
        html.Append("<g class=\"grid\">\n");
        foreach (var mark in y.Marks)
        {
            var at = Y(y, mark);
            html.Append(Invariant($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{at:0.#}\" y2=\"{at:0.#}\"/>"));
            html.Append(Invariant($"<text x=\"{Left - 8}\" y=\"{at + 4:0.#}\" text-anchor=\"end\">{y.Label(mark)}</text>\n"));
        }

        foreach (var (mark, label) in Marks ?? [.. x.Marks.Select(m => (m, x.Label(m)))])
        {
            var at = X(x, mark);
            html.Append(Invariant($"<line x1=\"{at:0.#}\" x2=\"{at:0.#}\" y1=\"{Height - Bottom}\" y2=\"{Height - Bottom + 4}\"/>"));
            html.Append(Invariant($"<text x=\"{at:0.#}\" y=\"{Height - Bottom + 17}\" text-anchor=\"middle\">"))
                .Append(Escape(label)).Append("</text>\n");
        }

        html.Append(Invariant($"<text x=\"{Width - Right}\" y=\"{Height - 3}\" text-anchor=\"end\">"))
            .Append(Escape(Unit)).Append("</text>\n</g>\n");
    }

    private void WriteLine(StringBuilder html, ChartLine line, Axis x, Axis y)
    {
        var points = Thinned(line.Points);
        if (points.Count > 1)
        {
            html.Append("<path class=\"line ").Append(line.Style).Append("\" d=\"M");
            html.AppendJoin('L', points.Select(point => Invariant($"{X(x, point.X):0.#} {Y(y, point.Y):0.#}"))).Append("\"/>\n");
        }

        if (points.Count == 1 || line.HasDots)
        {
            foreach (var point in points)
            {
                html.Append(Invariant($"<circle class=\"dot {line.Style}\" cx=\"{X(x, point.X):0.#}\" cy=\"{Y(y, point.Y):0.#}\" r=\"3\">"))
                    .Append("<title>").Append(Invariant($"{NameOf(point.X)}: {Figures.Significant(point.Y, 4)}"))
                    .Append("</title></circle>\n");
            }
        }

        if (line.Ring is { } ring)
        {
            var (cx, cy) = (X(x, ring.X), Y(y, ring.Y));
            html.Append(Invariant($"<circle class=\"ring {line.Style}\" cx=\"{cx:0.#}\" cy=\"{cy:0.#}\" r=\"6.5\"/>\n"));
        }
    }

    private string NameOf(double x) =>
        Marks?.FirstOrDefault(m => m.At == x).Label is { } label ? $"{Unit} {label}" : Invariant($"{Unit} {x}");

    // Of each stretch of points the lowest and the highest stay, so that no spike is lost.
    private static IReadOnlyList<(double X, double Y)> Thinned(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count <= MostPoints)
            return points;
        var kept = new List<(double X, double Y)> { points[0] };
        const int Stretches = MostPoints / 2;
        for (var i = 0; i < Stretches; i++)
        {
            var stretch = Enumerable.Range(
                (int)((long)i * points.Count / Stretches), (int)((i + 1L) * points.Count / Stretches - (long)i * points.Count / Stretches))
                .Select(index => points[index]).ToList();
            var (low, high) = (stretch.MinBy(point => point.Y), stretch.MaxBy(point => point.Y));
            kept.Add(low.X <= high.X ? low : high);
            kept.Add(low.X <= high.X ? high : low);
        }

        kept.Add(points[^1]);
        return kept;
    }

    private double X(Axis axis, double value) => Left + axis.Share(value) * (Width - Left - Right);

    private double Y(Axis axis, double value) => Height - Bottom - axis.Share(value) * (Height - Top - Bottom);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}

/// <summary>A line of a chart.</summary>
/// <param name="Name">For the legend; null for a line that is not in it.</param>
/// <param name="Style">The class that gives it its colour.</param>
/// <param name="Points">Steps and values in order.</param>
/// <param name="HasDots">Whether each point is marked.</param>
/// <param name="Ring">A point with a ring around it, or null.</param>
internal sealed record ChartLine(
    string? Name, string Style, IReadOnlyList<(double X, double Y)> Points, bool HasDots = false, (double X, double Y)? Ring = null);
