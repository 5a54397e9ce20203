using System.Text.Json;
using LoraLint.Advisor.Output;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Commands;

/// <summary>What <c>loralint inspect</c> tells of the releases that a config runs on.</summary>
internal static class InspectedVersions
{
    /// <summary>Writes one line when the settings or the project's files say something.</summary>
    public static void Write(StyledWriter output, string format, ICompanionFiles files, LintOptions options)
    {
        var found = Of(format, files, options).ToList();
        if (found.Count == 0)
            return;
        output.WriteLine();
        output.WriteLine(SourceExcerpt.Harmless("versions: " + string.Join(", ", found.Select(r => $"{r.Text} ({r.Place})"))));
    }

    /// <summary>Writes the property <c>versions</c>.</summary>
    public static void Write(Utf8JsonWriter json, string format, ICompanionFiles files, LintOptions options)
    {
        json.WriteStartArray("versions");
        foreach (var requirement in Of(format, files, options))
        {
            json.WriteStartObject();
            json.WriteString("package", requirement.Package);
            json.WriteString("requirement", requirement.Text);
            json.WriteBoolean("pins", !requirement.Range.IsAny);
            json.WriteString("place", requirement.Place);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static IEnumerable<Requirement> Of(string format, ICompanionFiles files, LintOptions options) =>
        PackageNames.Behind(format).Select(p => options.RequirementOf(p) ?? files.FindRequirement(p)).OfType<Requirement>();
}
