using System.Text.Encodings.Web;
using System.Text.Json;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Output;

/// <summary>Our own JSON. Lines and columns are from 1, columns count UTF-16 units, ends are exclusive.</summary>
/// <param name="output">Where to.</param>
/// <param name="paths">How the paths of partner files are written; a checked file's own is as the user wrote it.</param>
internal sealed class JsonReportWriter(TextWriter output, ProjectPaths paths) : IReportWriter
{
    /// <summary>How all our JSON is laid out: for people too, and with every letter as itself.</summary>
    public static JsonWriterOptions Layout { get; } =
        new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public void Write(CheckReport report) => Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteStartArray("files");
        foreach (var file in report.Files)
            WriteFile(json, file);
        json.WriteEndArray();
        json.WriteStartObject("summary");
        json.WriteNumber("files", report.FileCount);
        json.WriteNumber("configs", report.Files.Count);
        json.WriteNumber("skipped", report.Skipped);
        json.WriteNumber("errors", report.Count(Severity.Error));
        json.WriteNumber("warnings", report.Count(Severity.Warning));
        json.WriteNumber("infos", report.Count(Severity.Info));
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <summary>Writes a JSON document and a line break behind it.</summary>
    public static void Write(TextWriter output, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Layout))
            write(json);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    /// <summary>A place as line and column.</summary>
    public static void WritePosition(Utf8JsonWriter json, string name, SourceText source, int offset)
    {
        var position = source.Lines.PositionAt(offset);
        json.WriteStartObject(name);
        json.WriteNumber("line", position.Line);
        json.WriteNumber("column", position.Column);
        json.WriteEndObject();
    }

    private void WriteFile(Utf8JsonWriter json, CheckedFile file)
    {
        json.WriteStartObject();
        json.WriteString("path", file.Path);
        json.WriteString("format", file.Format);
        json.WriteStartArray("findings");
        foreach (var finding in file.Findings)
            WriteFinding(json, file.Source, finding);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteFinding(Utf8JsonWriter json, SourceText source, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("code", finding.Rule.Code);
        json.WriteString("name", finding.Rule.Name);
        json.WriteString("severity", Words.Of(finding.Severity));
        json.WriteString("message", finding.Message);
        WritePosition(json, "start", source, finding.Span.Start);
        WritePosition(json, "end", source, finding.Span.End);
        if (source.Cells?.PositionAt(finding.Span.Start) is { } inCell)
        {
            json.WriteStartObject("cell");
            json.WriteNumber("number", inCell.Cell);
            json.WriteNumber("line", inCell.Line);
            json.WriteEndObject();
        }

        json.WriteString("help", finding.Rule.HelpLink);
        json.WritePropertyName("fix");
        if (finding.Fix is { } fix)
            WriteFix(json, source, fix);
        else
            json.WriteNullValue();
        json.WriteStartArray("related");
        foreach (var place in finding.Related)
        {
            json.WriteStartObject();
            json.WriteString("path", place.Source == source ? source.Path : paths.Of(place.Source.Path));
            json.WriteString("message", place.Message);
            WritePosition(json, "start", place.Source, place.Span.Start);
            WritePosition(json, "end", place.Source, place.Span.End);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFix(Utf8JsonWriter json, SourceText source, Fix fix)
    {
        json.WriteStartObject();
        json.WriteString("safety", Words.Of(fix.Safety));
        json.WriteString("title", fix.Title);
        json.WriteStartArray("edits");
        foreach (var edit in fix.Edits)
        {
            json.WriteStartObject();
            WritePosition(json, "start", source, edit.Span.Start);
            WritePosition(json, "end", source, edit.Span.End);
            json.WriteString("text", edit.NewText);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
