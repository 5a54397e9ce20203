using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Knowledge;

/// <summary>
/// schemas/descriptions describes keys that there are, and what it says is in the schemas: scripts/describe-schemas.py was run.
/// </summary>
public sealed class KeyDescriptionsTests
{
    // The run format's own schema tells texts and ranges itself.
    private const string Handwritten = "loralint";

    private static readonly (string Mark, string Words)[] s_marks =
        [("x-removed", "Removed"), ("x-renamed-to", "Its new name is {0}"), ("x-since", "Since {0}")];

    private static readonly string[] s_ranges = ["minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"];

    // Rules about how a file is written, which may be broken at any key, and those about a key that there is not.
    private static readonly HashSet<string> s_aboutAnyKey = new(StringComparer.Ordinal)
    {
        "key-newer-than-version", "unknown-key", "renamed-key", "cross-framework-key", "value-type-mismatch",
        "value-not-in-set", "value-out-of-range", "duplicate-key", "secret-in-config",
        "yaml-bool-trap", "yaml-float-as-string", "yaml-none-string", "yaml-octal-or-sexagesimal", "syntax-error", "not-strict-json",
        "unreadable-text", "input-limit", "rule-failed", "unknown-format-name", "unknown-rule-name", "unused-suppression",
        "lf-json-config-crash", "seed-missing", "mlx-alpha-ignored", "axolotl-exclude-modules-dropped",
        "torchtune-component-invalid", // about every component and argument of a recipe
        // About calls, whose keywords have no schema.
        "kbit-prepare-missing", "load-in-4bit-kwarg-removed", "unsloth-target-modules-string",
        "accelerate-deepspeed-keys-refused", // about another file, which a command line names
        "nemo-module-name", // NeMo declares no keys, so there is no schema to say it in
    };

    public static TheoryData<string> Formats => [.. FormatCatalog.WithKeys.Select(f => f.Name)];

    [Fact]
    public void What_is_described_is_a_key_of_its_format_and_described_once()
    {
        Assert.True(KeyDescription.All.Count > 1000, $"{KeyDescription.All.Count} keys are described");
        var unknown = KeyDescription.All.Where(d => FormatCatalog.Find(d.Format)?.Keys?.Find(d.Path)?.Path != d.Path);
        Assert.Empty(unknown.Select(d => d.Place));
        Assert.Empty(KeyDescription.All.GroupBy(d => (d.Format, d.Path)).Where(g => g.Count() > 1).Select(g => g.First().Place));
    }

    [Fact]
    public void What_is_said_of_a_key_is_in_its_schema()
    {
        var keys = KeysByPath();
        foreach (var description in KeyDescription.All)
        {
            var key = keys[(description.Format, description.Path)];
            if (description.Format != Handwritten)
                Assert.StartsWith(description.Text, key.Description, StringComparison.Ordinal);
            var markdown = key.Markdown ?? key.Description!;
            Assert.StartsWith(key.Description!, markdown, StringComparison.Ordinal);
            foreach (var part in new[] { description.Guidance, description.Note }.OfType<string>())
                Assert.Contains(part, markdown, StringComparison.Ordinal);
            if (description.Statements.Count > 0)
                Assert.Contains($"[Guidance {string.Join(", ", description.Statements)}](", markdown, StringComparison.Ordinal);
            Assert.True(JsonNode.DeepEquals(description.Start, key.Schema["examples"]), description.Place);
            Assert.Equal(RulesOf(description), LinkedRules(markdown));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_schema_has_nothing_that_is_not_said(string format)
    {
        var described = KeyDescription.All.Where(d => d.Format == format).ToDictionary(d => d.Path, StringComparer.Ordinal);
        foreach (var key in SchemaKey.AllOf(format))
        {
            var description = described.GetValueOrDefault(key.Path);
            if (description is null)
                Assert.False(key.Schema.ContainsKey("markdownDescription") || key.Schema.ContainsKey("examples"), key.Path);
            if (format != Handwritten)
                Assert.All(s_ranges, name => Assert.Equal((key.Path, description?.Bound(name)), (key.Path, Number(key, name))));
        }
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Every_key_with_a_name_says_what_it_is_and_what_became_of_it(string format)
    {
        foreach (var key in SchemaKey.AllOf(format).Where(k => !k.Path.EndsWith('*') && !k.Path.EndsWith(']')))
        {
            // Columns that one schema stands for are told by the key above them.
            if (format == Handwritten && key.Path.StartsWith("data.columns.", StringComparison.Ordinal))
                continue;
            var text = key.Markdown ?? key.Description;
            Assert.False(string.IsNullOrWhiteSpace(text), key.Path);
            Assert.False(key.Description!.Contains("  ", StringComparison.Ordinal), key.Description);
            foreach (var (mark, words) in s_marks.Where(m => key.Schema.ContainsKey(m.Mark)))
            {
                var version = key.Schema[mark]!.AsValue().TryGetValue<string>(out var written) ? written : "";
                var isSaid = text.Contains(string.Format(CultureInfo.InvariantCulture, words, version).TrimEnd(), StringComparison.Ordinal);
                Assert.True(isSaid, $"{key.Path}: {text}");
            }
        }
    }

    [Fact]
    public void Values_to_start_with_are_such_as_the_key_takes()
    {
        var keys = KeysByPath();
        foreach (var description in KeyDescription.All)
        {
            var table = FormatCatalog.Find(description.Format)!.Keys!.Find(description.Path)!;
            var key = keys[(description.Format, description.Path)];
            foreach (var value in description.Start ?? [])
            {
                Assert.True(table.Takes(TypeOf(value!)), $"{description.Place}: {value}");
                var isClosed = table.Values.Count > 0 && TypeOf(value!) == KeyTypes.String;
                Assert.True(!isClosed || table.Values.Contains(value!.GetValue<string>()), $"{description.Place}: {value}");
                if (value!.GetValueKind() != JsonValueKind.Number)
                    continue;
                var number = value.GetValue<double>();
                Assert.False(
                    number < Number(key, "minimum") || number <= Number(key, "exclusiveMinimum") || number > Number(key, "maximum")
                    || number >= Number(key, "exclusiveMaximum"), $"{description.Place}: {value}");
            }
        }
    }

    [Fact]
    public void What_is_said_are_plain_sentences()
    {
        foreach (var description in KeyDescription.All)
        {
            foreach (var text in new[] { description.Text, description.Guidance, description.Note }.OfType<string>())
            {
                Assert.EndsWith(".", text, StringComparison.Ordinal);
                Assert.DoesNotMatch(@"[\n\t]|  | $|\*\*|n't\b", text);
                Assert.True(text.Length <= 500, $"{description.Place} is long");
            }

            // Two sentences on what a key does, a third where something has to be known before it is used.
            Assert.True(Regex.Count(description.Text, @"\.( [A-Z]|$)") <= 4, $"{description.Place}: {description.Text}");
            var citesNothing = description.Statements.Count > 0 && description.Guidance is null;
            Assert.False(citesNothing, $"{description.Place} cites without saying what");
        }
    }

    [Fact]
    public void Statements_of_guidance_are_those_of_the_page()
    {
        var page = File.ReadAllText(Repository.PathTo("docs", "guidance.md"));
        var numbers = Regex.Matches(page, @"^\| (\d\.\d+) \|", RegexOptions.Multiline).Select(m => m.Groups[1].Value).ToHashSet();
        Assert.NotEmpty(numbers);
        foreach (var description in KeyDescription.All)
        {
            Assert.Empty(description.Statements.Except(numbers));
            var cited = Regex.Matches(description.Guidance ?? "", @"\((\d\.\d+)\)").Select(m => m.Groups[1].Value);
            Assert.Empty(cited.Except(numbers));
        }
    }

    [Fact]
    public void Every_rule_about_a_setting_is_linked_from_its_keys()
    {
        var named = KeyDescription.All.SelectMany(RulesOf).ToHashSet(StringComparer.Ordinal);
        // Code has no schema.
        var ofFiles = RuleCatalog.Infos.Where(r => r.Formats.Count == 0 || r.Formats.Any(f => FormatCatalog.Find(f) is not null));
        Assert.Empty(ofFiles.Select(r => r.Name).Where(r => !s_aboutAnyKey.Contains(r)).Except(named));
        Assert.Empty(KeyDescription.All.SelectMany(d => d.Rules).Except(RuleCatalog.Infos.Select(r => r.Name)));
    }

    [Fact]
    public void A_key_at_which_a_page_shows_a_finding_is_described_with_the_rule()
    {
        var described = KeyDescription.All.ToDictionary(d => (d.Format, d.Path));
        var (seen, wrong) = (0, new SortedSet<string>(StringComparer.Ordinal));
        foreach (var rule in RuleCatalog.Infos.Where(r => !s_aboutAnyKey.Contains(r.Name)))
        {
            var page = RulePage.Load(rule);
            foreach (var example in page.Examples.Where(e => e.IsBad))
            {
                foreach (var (format, path) in KeysOfFindings(example, page.Files, rule))
                {
                    seen++;
                    if (described.GetValueOrDefault((format, path))?.Rules.Contains(rule.Name) != true)
                        wrong.Add($"{format}:{path} does not name {rule.Name} ({example})");
                }
            }
        }

        Assert.Empty(wrong);
        Assert.True(seen > 150, $"{seen} findings");
    }

    private static IEnumerable<(string Format, string Path)> KeysOfFindings(RulePage.Example example, ICompanionFiles files, RuleInfo rule)
    {
        var language = ConfigReader.LanguageOf(example.Path) ?? ConfigLanguage.Yaml;
        var result = Linter.Check(ConfigReader.Read(new SourceText(example.Path, example.Text), language), example.Options, files);
        foreach (var config in result.Configs)
        {
            var keys = WrittenKey.AllOf(config).Where(k => k is { IsNamed: true, Call: null }).ToList();
            foreach (var finding in result.Findings.Where(f => f.Rule.Name == rule.Name))
            {
                var around = keys.Where(k => k.Entry.Span.Start <= finding.Span.Start && finding.Span.End <= k.Entry.Span.End);
                if (around.MinBy(k => k.Entry.Span.Length) is { } key)
                    yield return (config.Format.Name, key.Info!.Path);
            }
        }
    }

    private static IEnumerable<string> RulesOf(KeyDescription description) => description.Rules.Where(name =>
        RuleCatalog.Find(name) is { } rule && (rule.Formats.Count == 0 || rule.Formats.Contains(description.Format)));

    private static IEnumerable<string> LinkedRules(string markdown) =>
        Regex.Matches(markdown, @"\[([a-z0-9-]+)\]\(https://loralint\.dev/rules/\1\)").Select(m => m.Groups[1].Value);

    private static Dictionary<(string Format, string Path), SchemaKey> KeysByPath() =>
        FormatCatalog.WithKeys.SelectMany(f => SchemaKey.AllOf(f.Name).Select(k => (f.Name, Key: k)))
            .ToDictionary(k => (k.Name, k.Key.Path), k => k.Key);

    private static double? Number(SchemaKey key, string name) => key.Schema[name]?.GetValue<double>();

    private static KeyTypes TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Array => KeyTypes.List,
        JsonValueKind.True or JsonValueKind.False => KeyTypes.Bool,
        JsonValueKind.String => KeyTypes.String,
        _ => value.ToJsonString().Contains('.', StringComparison.Ordinal) ? KeyTypes.Float : KeyTypes.Int,
    };
}
