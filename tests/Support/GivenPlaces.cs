using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Support;

/// <summary>
/// Files for the resolver, given by their texts. The working folder is /home/me, the config's folder /home/me/configs; every model is there
/// but those whose name says missing.
/// </summary>
public sealed class GivenPlaces(IReadOnlyDictionary<string, string> texts) : IRunPlaces
{
    private const string Chat = "{\"messages\": []}";

    /// <summary>Data files under the usual names, with chat messages in them.</summary>
    public GivenPlaces(params string[] files)
        : this(files.ToDictionary(f => f, _ => Chat))
    {
    }

    public string FromWorkingFolder(string path) => Path.GetFullPath(path, "/home/me");

    public string FromConfigFolder(string path) => Path.GetFullPath(path, "/home/me/configs");

    public bool IsFile(string fullPath) => Find(fullPath) is not null;

    public bool IsFolder(string fullPath) =>
        texts.Keys.Any(k => FromWorkingFolder(k).StartsWith(fullPath.TrimEnd('/') + "/", StringComparison.Ordinal));

    public ConfigDocument? Open(string fullPath) => Find(fullPath) is { } text
        ? ConfigReader.Read(new SourceText(fullPath, text), ConfigReader.LanguageOf(fullPath)!.Value) : null;

    public IReadOnlyList<string>? FirstRowKeys(string fullPath) => Find(fullPath) is not { } text ? null
        : [.. ConfigReader.Read(new SourceText(fullPath, text.Split('\n')[0]), ConfigLanguage.Json).Roots[0].Entries.Select(e => e.Key)];

    public string? FindModel(string name, string asFolder, out string problem)
    {
        problem = name.Contains("missing", StringComparison.Ordinal) ? $"{name} is not there" : "";
        return problem.Length > 0 ? null : "/models/" + Path.GetFileName(name.TrimEnd('/'));
    }

    /// <summary>Resolves a text as a config of a format.</summary>
    public RunResolution Resolve(string format, string text, RunOverrides? overrides = null, string path = "config.yaml")
    {
        var document = ConfigReader.Read(new SourceText(path, text), ConfigReader.LanguageOf(path)!.Value);
        Assert.Empty(document.Problems);
        var config = Assert.Single(Linter.Recognise(document, LintOptions.Default with { Format = format }, alsoWithoutLora: true));
        return RunResolver.Resolve(config, this, overrides ?? new RunOverrides());
    }

    private string? Find(string fullPath) => texts.FirstOrDefault(t => FromWorkingFolder(t.Key) == fullPath).Value;
}
