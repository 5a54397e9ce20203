using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading.Python;

/// <summary>Real calls of a hundred repositories, kept as the source text of their keywords.</summary>
public sealed partial class PythonCorpusTests(ITestOutputHelper output)
{
    private const int LongestKept = 600;

    [Fact]
    public void Every_literal_keyword_of_the_corpus_is_read_exactly()
    {
        Assert.SkipWhen(Repository.Corpus is null, "the corpus of real configs is not beside this checkout");
        int calls = 0, keywords = 0, literals = 0, exact = 0, known = 0;
        var wrong = new List<string>();
        foreach (var file in Directory.GetFiles(Repository.Corpus!, "python-calls.json", SearchOption.AllDirectories).Order())
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            foreach (var call in json.RootElement.EnumerateArray())
            {
                if (call.GetProperty("callee").GetString()!.StartsWith("shell:", StringComparison.Ordinal))
                    continue;
                calls++;
                var written = call.GetProperty("kwargs").EnumerateObject().Select(k => (k.Name, Text: k.Value.GetString()!)).ToList();
                // Longer ones were cut when they were collected.
                written.RemoveAll(k => k.Text.Length >= LongestKept);
                var root = Rebuilt(written);
                foreach (var (name, text) in written)
                {
                    keywords++;
                    var value = root.Find(name)?.Value;
                    known += value is { IsUnknown: false } ? 1 : 0;
                    if (Literal(text) is not { } literal)
                        continue;
                    literals++;
                    if (value is not null && Show(value) == literal)
                        exact++;
                    else
                        wrong.Add($"{file}: {name}={text}: {literal} read as {(value is null ? "nothing" : Show(value))}");
                }
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{calls} calls, {keywords} keywords, {known} known; {exact} of {literals} literals exact: {100.0 * exact / literals:0.00} %"));
        Assert.True(calls > 800 && literals > 2500, $"{calls} calls, {literals} literals");
        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    private static ConfigNode Rebuilt(IReadOnlyList<(string Name, string Text)> written)
    {
        var text = new StringBuilder("from peft import LoraConfig\nconfig = LoraConfig(\n");
        foreach (var (name, value) in written)
            text.Append(CultureInfo.InvariantCulture, $"    {name}={value},\n");
        text.Append(")\n");
        return Assert.Single(ConfigReader.Read(new SourceText("train.py", text.ToString()), ConfigLanguage.Python).Roots);
    }

    private static string Show(ConfigNode node)
    {
        if (node.IsSequence)
            return "[" + string.Join(", ", node.Items.Select(Show)) + "]";
        if (node.IsMapping)
            return "{" + string.Join(", ", node.Entries.Select(e => e.Key + ": " + Show(e.Value))) + "}";
        var value = ScalarDialect.Python.Read(node);
        return value.IsNumber ? $"{value.Kind} {value.Number.ToString("R", CultureInfo.InvariantCulture)}" : $"{value.Kind} {node.Text}";
    }

    // A second reading of plain literals, by other means: without escapes, prefixes and nested collections.
    private static string? Literal(string text) => text switch
    {
        "True" or "False" => "Bool " + text,
        "None" => "Null None",
        _ when IntPattern().IsMatch(text) =>
            "Int " + double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
        _ when FloatPattern().IsMatch(text) =>
            "Float " + double.Parse(text, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
        _ when StringPattern().IsMatch(text) => "String " + text[1..^1],
        _ when ListPattern().IsMatch(text) => Items(text),
        _ => null,
    };

    private static string? Items(string text)
    {
        var items = text[1..^1].Split(',').Select(i => i.Trim()).ToList();
        if (items[^1].Length == 0)
            items.RemoveAt(items.Count - 1);
        var values = items.Select(Literal).ToList();
        return values.Contains(null) ? null : "[" + string.Join(", ", values) + "]";
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)$")]
    private static partial Regex IntPattern();

    [GeneratedRegex(@"^-?[0-9]*(\.[0-9]*)?([eE][+-]?[0-9]+)?$(?<=[0-9.])(?<=[0-9]\.?)")]
    private static partial Regex FloatPattern();

    [GeneratedRegex("""^("[^"\\\n]*"|'[^'\\\n]*')$""")]
    private static partial Regex StringPattern();

    [GeneratedRegex(@"^\[[^\[\]{}()#]*\]$", RegexOptions.Singleline)]
    private static partial Regex ListPattern();
}
