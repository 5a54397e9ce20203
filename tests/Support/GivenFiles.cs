using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Support;

/// <summary>Companion files given by their texts; a path that is not among them is known not to be there.</summary>
public sealed class GivenFiles(IReadOnlyDictionary<string, string> texts) : ICompanionFiles
{
    /// <summary>One file.</summary>
    public GivenFiles(string path, string text)
        : this(new Dictionary<string, string> { [path] = text })
    {
    }

    public ConfigDocument? Open(string path) =>
        texts.TryGetValue(Plain(path), out var text) && ConfigReader.LanguageOf(path) is { } language
            ? ConfigReader.Read(new SourceText(path, text), language) : null;

    public bool? Exists(string path) =>
        texts.ContainsKey(Plain(path)) || texts.Keys.Any(k => k.StartsWith(Plain(path).TrimEnd('/') + "/", StringComparison.Ordinal));

    // Of a safetensors file the text is what its header holds.
    public IReadOnlyList<string>? TensorsOf(string path) => texts.TryGetValue(Plain(path), out var header)
        ? [.. JsonReader.Read(new SourceText(path, header)).Roots[0].Entries.Select(e => e.Key)] : null;

    public IReadOnlyList<string> FoldersIn(string path)
    {
        var folder = Plain(path).TrimEnd('/') + "/";
        return [.. texts.Keys.Where(k => k.StartsWith(folder, StringComparison.Ordinal) && k.IndexOf('/', folder.Length) > 0)
            .Select(k => k[folder.Length..k.IndexOf('/', folder.Length)]).Distinct()];
    }

    public long? CountRows(string path) =>
        texts.TryGetValue(Plain(path), out var text) && path.EndsWith(".jsonl", StringComparison.Ordinal)
            ? text.Split('\n').Count(line => line.Trim().Length > 0) : null;

    public SourceText? PointAt(string path) => texts.ContainsKey(Plain(path)) ? new SourceText(path, "") : null;

    // All of them: tests have no folders.
    public IEnumerable<ConfigDocument> OpenNeighbours() =>
        texts.Keys.Where(k => k.EndsWith(".yaml", StringComparison.Ordinal)).Select(Open).OfType<ConfigDocument>();

    public IReadOnlyList<string>? ColumnsOf(string path) => Read(path, DatasetColumns.Read);

    public double? LearntTokensOf(string path) => Read(path, LearntTokens.Estimate);

    public Requirement? FindRequirement(string package)
    {
        var files = texts.Where(t => RequirementFiles.Names(Path.GetFileName(t.Key))).ToList();
        return Requirement.Union(files.SelectMany(t => RequirementFiles.Read(new SourceText(t.Key, t.Value)))
            .Where(r => r.Package == package));
    }

    public ModelLookup FindModel(string name)
    {
        if (Open(Plain(name) + "/config.json") is not { Roots: [var root] })
            return ModelLookup.InCatalog(name);
        return ModelConfigFile.Read(root, out var problem) is not { } size
            ? new ModelLookup(null, problem) { UnknownType = root.Find("model_type")?.Value.Text }
            : new ModelLookup(new BaseModel(name, ModelOrigin.Folder, ModelLayouts.Find(size)!)
            {
                Dimensions = size, ModelType = size.ModelType, Quantization = ModelConfigFile.QuantizationOf(root),
                Dtype = ModelConfigFile.DtypeOf(root),
            });
    }

    private T? Read<T>(string path, Func<string, T?> read)
    {
        if (!texts.TryGetValue(Plain(path), out var text))
            return default;
        using var folder = new ScratchFolder();
        var name = Path.GetFileName(path);
        return read(folder.Write(name, text).PathTo(name));
    }

    private static string Plain(string path) => path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path;
}
