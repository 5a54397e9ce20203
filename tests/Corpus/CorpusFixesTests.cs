using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Corpus;

/// <summary>
/// Fixes on real configs: each takes away its finding and nothing else, and all of them together leave files that are read.
/// </summary>
public sealed class CorpusFixesTests(ITestOutputHelper output)
{
    // A fix makes visible, or settles, what depends on the same setting: a choice of modules and its rank, a scaling and its learning rate,
    // a key with a prefix that is renamed without it too.
    private static readonly string[] s_belongTogether =
    [
        "attention-only-targets brings modules-too-wide-for-rank", "attention-only-targets takes target-modules-partial-miss away",
        "attention-only-targets takes target-modules-low-coverage away",
        "axolotl-fsdp-prefix brings renamed-key", "axolotl-target-linear-union brings attention-only-targets",
        "rslora-alpha-not-rescaled brings lr-too-low-for-lora",
    ];

    [Fact]
    public void Each_fix_takes_away_its_own_finding_brings_no_other_and_keeps_the_comments()
    {
        Assert.SkipWhen(Repository.Corpus is null, "the corpus of real configs is not beside this checkout");
        var files = CorpusFile.All();
        var wrong = new List<string>[files.Count];
        var counts = new int[files.Count];
        Parallel.For(0, files.Count, i => (counts[i], wrong[i]) = TryEach(files[i]));
        foreach (var line in wrong.SelectMany(w => w))
            output.WriteLine(line);
        Assert.True(counts.Sum() > 300, $"only {counts.Sum()} fixes in the corpus");
        Assert.Empty(wrong.SelectMany(w => w));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Fixing_a_copy_of_the_corpus_leaves_files_that_are_read_and_nothing_more_to_fix(bool withUnsafe)
    {
        Assert.SkipWhen(Repository.Corpus is null, "the corpus of real configs is not beside this checkout");
        using var scratch = new ScratchFolder();
        var before = new Dictionary<string, byte[]>();
        foreach (var path in Directory.GetFiles(Repository.Corpus, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(Repository.Corpus, path);
            before[relative] = File.ReadAllBytes(path);
            Directory.CreateDirectory(Path.GetDirectoryName(scratch.PathTo(relative))!);
            File.WriteAllBytes(scratch.PathTo(relative), before[relative]);
        }

        string[] command = withUnsafe ? ["check", "--fix", "--unsafe-fixes"] : ["check", "--fix"];
        var first = scratch.Run(command);
        Assert.DoesNotContain("so the file was left as it is", first.Out + first.Error, StringComparison.Ordinal);
        var changed = before.Where(f => !File.ReadAllBytes(scratch.PathTo(f.Key)).SequenceEqual(f.Value)).ToList();
        Assert.True(changed.Count > 20, $"{changed.Count} files were changed");
        foreach (var (relative, bytes) in changed)
        {
            var language = ConfigReader.LanguageOf(relative)!.Value;
            var after = ConfigReader.Read(new SourceText(relative, scratch.Read(relative)), language);
            var old = ConfigReader.Read(new SourceText(relative, System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')), language);
            Assert.True(after.Problems.Count <= old.Problems.Count, $"{relative} has new problems");
            Assert.Equal(old.Roots.Count, after.Roots.Count);
        }

        var settled = changed.ToDictionary(f => f.Key, f => scratch.Read(f.Key));
        Assert.DoesNotContain("Fixed ", scratch.Run(command).Out, StringComparison.Ordinal);
        Assert.All(settled, f => Assert.Equal(f.Value, scratch.Read(f.Key)));
    }

    private static (int Count, List<string> Wrong) TryEach(CorpusFile file)
    {
        var wrong = new List<string>();
        var language = ConfigReader.LanguageOf(file.Path)!.Value;
        var before = ConfigReader.Read(new SourceText(file.Path, file.Text), language);
        var found = file.Check().Findings;
        var fixable = found.Where(f => f.Fix is { Safety: not FixSafety.Display }).ToList();
        foreach (var finding in fixable)
        {
            var edits = finding.Fix!.Edits;
            var text = TextEdit.Apply(file.Text, edits);
            var after = ConfigReader.Read(new SourceText(file.Path, text), language);
            var left = Linter.Check(after, LintOptions.Default, NoCompanionFiles.Instance).Findings;
            var place = $"{file.Path}: {finding.Rule.Name} ({finding.Fix.Title})";
            if (after.Problems.Count > before.Problems.Count)
                wrong.Add($"{place} breaks the file");
            var kept = before.Comments.Where(c => !edits.Any(e => e.Span.Overlaps(c.Span))).Select(c => c.Text);
            if (!kept.SequenceEqual(after.Comments.Select(c => c.Text)))
                wrong.Add($"{place} changes a comment");
            var gone = Rules(found).Except(Rules(left)).ToList();
            var added = Rules(left).Except(Rules(found)).ToList();
            if (!gone.Contains(finding.Rule.Name) && left.Count(f => f.Rule == finding.Rule) >= found.Count(f => f.Rule == finding.Rule))
                wrong.Add($"{place} leaves its finding");
            wrong.AddRange(added.Select(a => $"brings {a}").Concat(gone.Where(g => g != finding.Rule.Name).Select(g => $"takes {g} away"))
                .Where(change => !s_belongTogether.Contains($"{finding.Rule.Name} {change}")).Select(change => $"{place} {change}"));
        }

        return (fixable.Count, wrong);
    }

    private static List<string> Rules(IReadOnlyList<Finding> findings) => [.. findings.Select(f => f.Rule.Name).Distinct()];
}
