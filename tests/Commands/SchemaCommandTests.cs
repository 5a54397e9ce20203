using LoraLint.Rules.Formats;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Commands;

public sealed class SchemaCommandTests
{
    public static TheoryData<string> Names => [.. FormatCatalog.WithKeys.Select(f => f.Name), "settings"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_schema_is_printed_as_the_repository_has_it(string name)
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("schema", name);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(File.ReadAllText(Repository.PathTo("schemas", name + ".schema.json")), run.Out);
    }

    [Fact]
    public void Without_a_format_all_are_listed_with_title_source_and_files()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Run("schema");
        var lines = run.Out.TrimEnd('\n').Split('\n');
        Assert.Equal((0, FormatCatalog.WithKeys.Count + 2), (run.Code, lines.Length));
        Assert.Equal(Names.Select(n => (string)n), lines.Skip(1).Select(l => l.Split(' ')[0]));
        var peft = Assert.Single(lines, l => l.StartsWith("peft ", StringComparison.Ordinal));
        Assert.Contains("huggingface/peft@", peft, StringComparison.Ordinal);
        Assert.EndsWith(" adapter_config.json", peft, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_counts_in_any_case() => Assert.Equal(0, RunOf("PEFT").Code);

    [Fact]
    public void An_unknown_format_is_a_mistake_with_a_suggestion() => Assert.Equal(
        (2, "", "error: no format is called 'pefft'; did you mean 'peft'? (`loralint schema` lists them)\n"),
        (RunOf("pefft").Code, RunOf("pefft").Out, RunOf("pefft").Error));

    private static ToolRun RunOf(string name)
    {
        using var scratch = new ScratchFolder();
        return scratch.Run("schema", name);
    }
}
