using System.Text.RegularExpressions;

namespace LoraLint.Tests.Support;

public sealed partial class RepositoryTests
{
    private const int MostColumns = 140;

    [Fact]
    public void The_root_holds_the_solution() => Assert.True(File.Exists(Repository.PathTo("LoraLint.sln")));

    [Fact]
    public void Lines_of_code_have_140_columns_at_most()
    {
        var lines = new[] { "src", "tests" }
            .SelectMany(folder => Directory.EnumerateFiles(Repository.PathTo(folder), "*.cs", SearchOption.AllDirectories))
            .Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/'))
            .Where(path => !PassedOver().IsMatch(path))
            .SelectMany(path => File.ReadLines(Repository.PathTo(path)).Select((line, i) => (Place: $"{path}:{i + 1}", Line: line)))
            .ToList();
        Assert.True(lines.Count > 10_000, $"{lines.Count} lines");
        Assert.Empty(lines.Where(l => l.Line.Length > MostColumns && !JsonLine().IsMatch(l.Line)).Select(l => l.Place));
    }

    // What is generated, and what the build writes.
    [GeneratedRegex(@"\.g\.cs$|(^|/)(bin|obj)/")]
    private static partial Regex PassedOver();

    // A line of a JSON Lines file or of compact JSON, which cannot be broken: alone in a raw string, or as one literal.
    [GeneratedRegex("""^ *(\$*"{3})?\{"[^ ]""")]
    private static partial Regex JsonLine();
}
