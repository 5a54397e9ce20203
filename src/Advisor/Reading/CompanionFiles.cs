using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// The files around one config. A relative path is looked up in the config's folder, then in each folder above it up to the project's
/// root (where .git or the settings file is), because frameworks are started from anywhere in between. Nothing outside is looked at
/// but absolute paths that are there.
/// </summary>
internal sealed class CompanionFiles : ICompanionFiles
{
    private static readonly string[] s_fileExtensions =
        [".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".toml", ".csv", ".tsv", ".parquet", ".txt", ".py", ".jinja", ".safetensors"];

    private const int MostNeighbours = 300;

    private readonly CompanionCache _cache;
    private readonly List<string> _folders = [];

    /// <summary>The files around a config.</summary>
    /// <param name="folder">The config's folder, absolute.</param>
    /// <param name="cache">What is shared by all configs of a run.</param>
    public CompanionFiles(string folder, CompanionCache cache)
    {
        _cache = cache;
        var root = cache.RootOf(folder);
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            _folders.Add(at);
            if (at == root)
                break;
        }
    }

    /// <inheritdoc/>
    public ConfigDocument? Open(string path) =>
        Locate(path) is { } found && ConfigReader.LanguageOf(found) is <= ConfigLanguage.Toml ? _cache.Document(found) : null;

    /// <inheritdoc/>
    public bool? Exists(string path)
    {
        if (Locate(path) is not null)
            return true;
        if (!IsRelative(path) || LeadsOut(path))
            return null;
        // `data/alpaca` may be a name on the hub; `./data` and `alpaca.jsonl` can only be local.
        var isLocal = path.StartsWith("./", StringComparison.Ordinal) || path.StartsWith("../", StringComparison.Ordinal)
            || s_fileExtensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
        return isLocal ? false : null;
    }

    /// <inheritdoc/>
    public SourceText? PointAt(string path) => Locate(path) is { } found && File.Exists(found) ? new SourceText(found, "") : null;

    /// <inheritdoc/>
    public IEnumerable<ConfigDocument> OpenNeighbours() =>
        _cache.ConfigsIn(_folders[0]).Concat(_folders.Count > 1 ? _cache.FoldersIn(_folders[1]).Where(f => f != _folders[0])
            .SelectMany(_cache.ConfigsIn) : []).Take(MostNeighbours).Select(_cache.Document).OfType<ConfigDocument>();

    /// <inheritdoc/>
    public IReadOnlyList<string>? TensorsOf(string path) => Locate(path) is { } found ? _cache.TensorsOf(found) : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> FoldersIn(string path) =>
        Locate(path) is { } found && Directory.Exists(found) ? [.. _cache.FoldersIn(found).Select(f => Path.GetFileName(f)!)] : [];

    /// <inheritdoc/>
    public long? CountRows(string path) => Locate(path) is { } found ? _cache.CountRows(found) : null;

    /// <inheritdoc/>
    public IReadOnlyList<string>? ColumnsOf(string path) => Locate(path) is { } found ? _cache.ColumnsOf(found) : null;

    /// <inheritdoc/>
    public double? LearntTokensOf(string path) => Locate(path) is { } found ? _cache.LearntTokensOf(found) : null;

    /// <inheritdoc/>
    public Requirement? FindRequirement(string package) =>
        _folders.Select(f => _cache.RequirementIn(f, package)).FirstOrDefault(r => r is not null);

    /// <inheritdoc/>
    public ModelLookup FindModel(string name) => _cache.FindModel(name, Locate(name));

    /// <summary>The file or folder that a config means by a path, absolute; null when there is none.</summary>
    public string? Locate(string path)
    {
        if (path.Length == 0 || path.Contains('\0') || path.Contains("://", StringComparison.Ordinal))
            return null;
        if (Path.IsPathFullyQualified(path))
            return Path.Exists(path) ? Path.GetFullPath(path) : null;
        if (!IsRelative(path))
            return null;
        foreach (var folder in _folders)
        {
            var candidate = Path.GetFullPath(path, folder);
            if (IsWithin(candidate, _folders[^1]) && Path.Exists(candidate))
                return candidate;
        }

        return null;
    }

    // Neither of this machine's root nor of another kind of machine's, a home folder or a variable.
    private static bool IsRelative(string path) =>
        path.Length > 0 && path[0] is not ('/' or '\\' or '~' or '$') && !path.Contains('\0')
        && !path.Contains("${", StringComparison.Ordinal) && !(path.Length > 1 && path[1] == ':')
        && !path.Contains("://", StringComparison.Ordinal);

    private bool LeadsOut(string path) => !IsWithin(Path.GetFullPath(path, _folders[0]), _folders[^1]);

    internal static bool IsWithin(string path, string root) =>
        path.Length > root.Length && path.StartsWith(root, StringComparison.Ordinal)
        && (Path.EndsInDirectorySeparator(root) || path[root.Length] == Path.DirectorySeparatorChar);
}
