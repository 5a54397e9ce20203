using System.Text.Json;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Output;

/// <summary>SARIF 2.1.0 (OASIS): one run with all rules, the findings as results, the fixes that may be applied as fixes.</summary>
/// <param name="output">Where to.</param>
/// <param name="paths">How paths are written.</param>
/// <param name="version">Our version.</param>
/// <param name="rules">All rules; results refer to them by index.</param>
internal sealed class SarifReportWriter(TextWriter output, ProjectPaths paths, string version, IReadOnlyList<RuleInfo> rules)
    : IReportWriter
{
    private const string Root = "%SRCROOT%";
    private readonly Fingerprint _fingerprint = new();

    /// <inheritdoc/>
    public void Write(CheckReport report) => JsonReportWriter.Write(output, json =>
    {
        json.WriteStartObject();
        json.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        json.WriteString("version", "2.1.0");
        json.WriteStartArray("runs");
        json.WriteStartObject();
        WriteTool(json);
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteBoolean("executionSuccessful", report.IsComplete);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("originalUriBaseIds");
        json.WriteStartObject(Root);
        WriteText(json, "description", "The folder that the checkout lies in, or that loralint was started in.");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteString("columnKind", "utf16CodeUnits");
        json.WriteStartArray("results");
        foreach (var file in report.Files)
        {
            var path = paths.Of(file);
            foreach (var finding in file.Findings)
                WriteResult(json, file, path, finding);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private void WriteTool(Utf8JsonWriter json)
    {
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "LoraLint");
        json.WriteString("semanticVersion", version);
        json.WriteString("informationUri", "https://loralint.dev");
        json.WriteStartArray("rules");
        foreach (var rule in rules)
            WriteRule(json, rule);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRule(Utf8JsonWriter json, RuleInfo rule)
    {
        json.WriteStartObject();
        json.WriteString("id", rule.Code);
        json.WriteString("name", rule.Name);
        WriteText(json, "shortDescription", rule.Summary);
        WriteText(json, "fullDescription", $"{rule.Summary} {rule.Why}");
        WriteText(json, "help", $"{rule.Why} Sources: {string.Join("; ", rule.Sources)}. {rule.HelpLink}");
        json.WriteString("helpUri", rule.HelpLink);
        var severity = RuleInfo.SeverityOf(rule.Category);
        json.WriteStartObject("defaultConfiguration");
        if (severity == Severity.Off)
            json.WriteBoolean("enabled", false);
        json.WriteString("level", LevelOf(severity));
        json.WriteEndObject();
        json.WriteStartObject("properties");
        json.WriteStartArray("tags");
        json.WriteStringValue(Words.Of(rule.Category));
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteResult(Utf8JsonWriter json, CheckedFile file, string path, Finding finding)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", finding.Rule.Code);
        json.WriteNumber("ruleIndex", IndexOf(finding.Rule));
        json.WriteString("level", LevelOf(finding.Severity));
        WriteText(json, "message", finding.Message);
        json.WriteStartArray("locations");
        json.WriteStartObject();
        WritePhysicalLocation(json, path, file.Source, finding.Span);
        json.WriteEndObject();
        json.WriteEndArray();
        if (finding.Related.Count > 0)
            WriteRelated(json, file, path, finding.Related);
        if (file.Source.Cells?.PositionAt(finding.Span.Start) is { } inCell)
        {
            json.WriteStartObject("properties");
            json.WriteNumber("cell", inCell.Cell);
            json.WriteNumber("cellLine", inCell.Line);
            json.WriteEndObject();
        }

        json.WriteStartObject("partialFingerprints");
        json.WriteString("loralint/v1", _fingerprint.Of(path, file, finding));
        json.WriteEndObject();
        if (finding.Fix is { Safety: not FixSafety.Display, Edits.Count: > 0 } fix)
            WriteFix(json, file.Source, path, fix);
        json.WriteEndObject();
    }

    private void WriteRelated(Utf8JsonWriter json, CheckedFile file, string path, IReadOnlyList<RelatedPlace> places)
    {
        json.WriteStartArray("relatedLocations");
        foreach (var place in places)
        {
            json.WriteStartObject();
            WritePhysicalLocation(json, place.Source == file.Source ? path : paths.Of(place.Source.Path), place.Source, place.Span);
            WriteText(json, "message", place.Message);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePhysicalLocation(Utf8JsonWriter json, string path, SourceText source, TextSpan span)
    {
        json.WriteStartObject("physicalLocation");
        WriteArtifact(json, path);
        WriteRegion(json, "region", source, span);
        json.WriteEndObject();
    }

    private static void WriteFix(Utf8JsonWriter json, SourceText source, string path, Fix fix)
    {
        json.WriteStartArray("fixes");
        json.WriteStartObject();
        WriteText(json, "description", $"{fix.Title} ({Words.Of(fix.Safety)})");
        json.WriteStartArray("artifactChanges");
        json.WriteStartObject();
        WriteArtifact(json, path);
        json.WriteStartArray("replacements");
        foreach (var edit in fix.Edits)
        {
            json.WriteStartObject();
            WriteRegion(json, "deletedRegion", source, edit.Span);
            WriteText(json, "insertedContent", edit.NewText);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteArtifact(Utf8JsonWriter json, string path)
    {
        json.WriteStartObject("artifactLocation");
        if (Path.IsPathFullyQualified(path))
        {
            json.WriteString("uri", "file://" + (path[0] == '/' ? "" : "/") + Escaped(path));
        }
        else
        {
            json.WriteString("uri", Escaped(path));
            json.WriteString("uriBaseId", Root);
        }

        json.WriteEndObject();
    }

    private static string Escaped(string path)
    {
        var segments = path.Split('/');
        for (var i = 0; i < segments.Length; i++)
            segments[i] = Uri.EscapeDataString(segments[i]);
        return string.Join('/', segments);
    }

    private static void WriteRegion(Utf8JsonWriter json, string name, SourceText source, TextSpan span)
    {
        var start = source.Lines.PositionAt(span.Start);
        var end = source.Lines.PositionAt(span.End);
        json.WriteStartObject(name);
        json.WriteNumber("startLine", start.Line);
        json.WriteNumber("startColumn", start.Column);
        json.WriteNumber("endLine", end.Line);
        json.WriteNumber("endColumn", end.Column);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    private int IndexOf(RuleInfo rule)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i] == rule)
                return i;
        }

        throw new ArgumentException($"{rule.Name} is not in the catalog", nameof(rule));
    }

    private static string LevelOf(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };
}
