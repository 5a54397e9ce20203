using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Linting;

/// <summary>
/// The files around a config, as the host sees them. Paths are as written in the config: relative ones are looked up from the config's
/// folder and its parents up to the project's root. Without a host there are none.
/// </summary>
public interface ICompanionFiles
{
    /// <summary>Reads another config, or null when it is not there or cannot be read.</summary>
    ConfigDocument? Open(string path);

    /// <summary>
    /// Whether a file or folder is there; null when that cannot be told (a hub name, an absolute path of another machine).
    /// </summary>
    bool? Exists(string path);

    /// <summary>The file that a path means, to point at: its place without its text; null when it is not there.</summary>
    SourceText? PointAt(string path);

    /// <summary>
    /// The YAML files in the config's folder and in the folders beside it, a few hundred at most: a run's config and the one that exports
    /// what it trained lie there together.
    /// </summary>
    IEnumerable<ConfigDocument> OpenNeighbours();

    /// <summary>The names of the tensors in a safetensors file, by its header; null when it is not there or cannot be read.</summary>
    IReadOnlyList<string>? TensorsOf(string path);

    /// <summary>The names of the folders in a folder; none when it is not there.</summary>
    IReadOnlyList<string> FoldersIn(string path);

    /// <summary>The rows of a local dataset file (JSON Lines, JSON list, CSV), or null when it is not local or not countable.</summary>
    long? CountRows(string path);

    /// <summary>
    /// The columns of a local dataset file, as its first rows have them; null when it is not local or holds no rows of that kind.
    /// </summary>
    IReadOnlyList<string>? ColumnsOf(string path);

    /// <summary>
    /// About how many tokens of a local dataset file are learnt, those of answers or all of a plain text; null when it is not local, or
    /// what is learnt of its rows cannot be told.
    /// </summary>
    double? LearntTokensOf(string path);

    /// <summary>
    /// Which releases of a Python package the project asks for: in the nearest folder, from the config's up to the project's root, whose
    /// lock or requirement files name it. Null when none does.
    /// </summary>
    /// <param name="package">The package's name in its one spelling.</param>
    Requirement? FindRequirement(string package);

    /// <summary>Finds a base model by the name or folder that the config has for it.</summary>
    ModelLookup FindModel(string name);
}

/// <summary>No files around. Base models are known by their names.</summary>
public sealed class NoCompanionFiles : ICompanionFiles
{
    /// <summary>The only one needed.</summary>
    public static NoCompanionFiles Instance { get; } = new();

    /// <inheritdoc/>
    public ConfigDocument? Open(string path) => null;

    /// <inheritdoc/>
    public bool? Exists(string path) => null;

    /// <inheritdoc/>
    public SourceText? PointAt(string path) => null;

    /// <inheritdoc/>
    public IEnumerable<ConfigDocument> OpenNeighbours() => [];

    /// <inheritdoc/>
    public IReadOnlyList<string>? TensorsOf(string path) => null;

    /// <inheritdoc/>
    public IReadOnlyList<string> FoldersIn(string path) => [];

    /// <inheritdoc/>
    public long? CountRows(string path) => null;

    /// <inheritdoc/>
    public IReadOnlyList<string>? ColumnsOf(string path) => null;

    /// <inheritdoc/>
    public double? LearntTokensOf(string path) => null;

    /// <inheritdoc/>
    public Requirement? FindRequirement(string package) => null;

    /// <inheritdoc/>
    public ModelLookup FindModel(string name) => ModelLookup.InCatalog(name);
}
