using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Corpus;

/// <summary>One structured file of the corpus.</summary>
/// <param name="Folder">The framework's folder.</param>
/// <param name="Path">The path inside the corpus with forward slashes.</param>
/// <param name="Text">Its text.</param>
public sealed record CorpusFile(string Folder, string Path, string Text)
{
    /// <summary>
    /// All YAML, JSON and TOML files by path; lists of calls from code (python-calls.json) are another reader's business.
    /// </summary>
    public static IReadOnlyList<CorpusFile> All() =>
    [
        .. Directory.GetFiles(Repository.Corpus!, "*", SearchOption.AllDirectories)
            .Where(f => ConfigReader.LanguageOf(f) is not null && System.IO.Path.GetFileName(f) != "python-calls.json")
            .Select(f => (Full: f, Relative: System.IO.Path.GetRelativePath(Repository.Corpus!, f).Replace('\\', '/')))
            .Order()
            .Select(f => new CorpusFile(f.Relative.Split('/')[0], f.Relative, File.ReadAllText(f.Full))),
    ];

    /// <summary>Lints the file as the tool would, without the files around it.</summary>
    public LintResult Check() => Lint.Check(Text, Path);
}
