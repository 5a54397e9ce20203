using System.Collections.Concurrent;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// What the configs of one run, or of one language server, know of the files around them. What was read counts until the file's length
/// or time changes. It may be used from several threads.
/// </summary>
/// <param name="folder">The working folder: the root for a config below it that has no other.</param>
/// <param name="unsaved">The text of a file (absolute path) that an editor holds in place of the one on disk, or null.</param>
/// <param name="hub">The Hugging Face cache, or null to look for base models in folders and by name alone.</param>
internal sealed class CompanionCache(string folder, Func<string, ConfigDocument?>? unsaved = null, BaseModelFolder? hub = null)
{
    private readonly BaseModelFiles _models = new();
    private readonly ConcurrentDictionary<string, string?> _roots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<ConfigDocument?>> _documents = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<long?>> _rows = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<IReadOnlyList<string>?>> _columns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<IReadOnlyList<string>?>> _tensors = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<double?>> _learntTokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Listing> _requirementFiles = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Listing> _configs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Listing> _subfolders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Kept<IReadOnlyList<Requirement>?>> _requirements = new(StringComparer.Ordinal);

    /// <summary>A config file, or null when it cannot be read.</summary>
    public ConfigDocument? Document(string path) =>
        unsaved?.Invoke(path) ?? Get(_documents, path, ReadLimits.MaxBytes, Read);

    /// <summary>The YAML files of a folder, by name.</summary>
    public IReadOnlyList<string> ConfigsIn(string at) => List(_configs, at, f =>
        [.. Directory.EnumerateFiles(f).Where(p => Path.GetExtension(p) is ".yaml" or ".yml").Order(StringComparer.Ordinal)]);

    /// <summary>The folders in a folder, by name, without hidden ones.</summary>
    public IReadOnlyList<string> FoldersIn(string at) => List(_subfolders, at, f =>
        [.. Directory.EnumerateDirectories(f).Where(p => Path.GetFileName(p)[0] != '.').Order(StringComparer.Ordinal)]);

    /// <summary>The rows of a dataset file, or null when they cannot be counted.</summary>
    public long? CountRows(string path) => Get(_rows, path, RowCounter.LargestFile, p => RowCounter.Count(p));

    /// <summary>The columns of a dataset file, or null when they cannot be told.</summary>
    public IReadOnlyList<string>? ColumnsOf(string path) => Get(_columns, path, long.MaxValue, DatasetColumns.Read);

    /// <summary>The names of the tensors in a safetensors file, or null when its header cannot be read.</summary>
    public IReadOnlyList<string>? TensorsOf(string path) =>
        Get(_tensors, path, long.MaxValue, p => SafetensorsNames.ReadFile(p) is { } tensors ? [.. tensors.Select(t => t.Name)] : null);
    /// <summary>About how many tokens of a dataset file are learnt, or null when that cannot be told.</summary>
    public double? LearntTokensOf(string path) => Get(_learntTokens, path, long.MaxValue, LearntTokens.Estimate);

    /// <summary>
    /// What the files of one folder ask for of a package: a lock file's versions, else all that requirement files name; null when none
    /// names it.
    /// </summary>
    public Requirement? RequirementIn(string at, string package)
    {
        var found = List(_requirementFiles, at, RequirementFiles.In).SelectMany(f =>
            (Get(_requirements, f, RequirementFiles.LargestFile, RequirementFiles.Read) ?? [])
            .Where(r => r.Package == package).Select(r => (IsLock: RequirementFiles.IsLock(f), Requirement: r))).ToList();
        return Requirement.Union(found.Where(f => f.IsLock == found[0].IsLock).Select(f => f.Requirement));
    }

    /// <summary>
    /// A base model: in the folder found for it, else in the Hugging Face cache, else in the table of names.
    /// </summary>
    /// <param name="name">As the config has it.</param>
    /// <param name="found">The file or folder that it would be, were it a path; null when there is none.</param>
    public ModelLookup FindModel(string name, string? found)
    {
        if (found is not null && Directory.Exists(found))
            return _models.Find(found, name, ModelOrigin.Folder);
        var snapshot = hub?.FindSnapshot(name);
        var cached = snapshot is null ? new ModelLookup(null) : _models.Find(snapshot, name, ModelOrigin.Cache);
        // A download that is not complete says less than the name.
        return cached.Model is not null || (ModelLookup.InCatalog(name) is var known && known.Model is null && snapshot is not null)
            ? cached : ModelLookup.InCatalog(name);
    }

    /// <summary>The project's root for a folder; the folder itself when none is found.</summary>
    public string RootOf(string start) => FindRoot(start) ?? (start == folder || CompanionFiles.IsWithin(start, folder) ? folder : start);

    /// <summary>Looks for the projects' roots anew: a repository or a settings file may have come or gone.</summary>
    public void ForgetRoots() => _roots.Clear();

    // A folder's time changes when files come and go.
    private static IReadOnlyList<string> List(
        ConcurrentDictionary<string, Listing> listings, string at, Func<string, IReadOnlyList<string>> read)
    {
        try
        {
            var time = Directory.GetLastWriteTimeUtc(at);
            if (listings.TryGetValue(at, out var known) && known.Time == time)
                return known.Paths;
            var paths = read(at);
            listings[at] = new Listing(time, paths);
            return paths;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A length of zero is also what pipes and devices have, and opening one could wait for ever.
    private static T? Get<T>(ConcurrentDictionary<string, Kept<T?>> kept, string path, long largest, Func<string, T?> read)
    {
        try
        {
            var file = new FileInfo(path);
            if (file is not { Exists: true, Length: > 0 and var length } || length > largest)
                return default;
            var time = file.LastWriteTimeUtc;
            if (kept.TryGetValue(path, out var known) && known.Length == length && known.Time == time)
                return known.Value;
            return (kept[path] = new Kept<T?>(length, time, read(path))).Value;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }

    // What is wrong with a companion is told when it is checked itself.
    private static ConfigDocument? Read(string path) =>
        FileReader.Read(path).Decoded is { } decoded ? ConfigReader.Read(decoded, path, ConfigReader.LanguageOf(path)!.Value) : null;

    private string? FindRoot(string at)
    {
        if (_roots.TryGetValue(at, out var known))
            return known;
        var root = Path.Exists(Path.Join(at, ".git")) || File.Exists(Path.Join(at, SettingsFile.FileName)) ? at
            : Path.GetDirectoryName(at) is { } parent ? FindRoot(parent)
            : null;
        return _roots[at] = root;
    }

    private sealed record Listing(DateTime Time, IReadOnlyList<string> Paths);

    private sealed record Kept<T>(long Length, DateTime Time, T Value);
}
