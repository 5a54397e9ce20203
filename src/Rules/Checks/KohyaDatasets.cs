using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>
/// The dataset file that a config for sd-scripts names in <c>dataset_config</c>: a list of datasets with a list of subsets each, and a
/// block <c>general</c>. What a subset does not say its dataset does, then general, then the training config.
/// </summary>
internal sealed class KohyaDatasets
{
    private readonly ConfigDocument _document;
    private readonly string _path;

    private KohyaDatasets(ConfigEntry entry, string path, ConfigDocument document, ConfigNode root)
    {
        Entry = entry;
        _path = path;
        _document = document;
        General = root.Find("general")?.Value is { IsMapping: true } general ? general : null;
        Datasets = [.. root.Find("datasets")?.Value.Items.Where(i => i.IsMapping) ?? []];
    }

    /// <summary>The entry <c>dataset_config</c> of the training config.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>What holds for all datasets, or null.</summary>
    public ConfigNode? General { get; }

    /// <summary>The datasets.</summary>
    public IReadOnlyList<ConfigNode> Datasets { get; }

    /// <summary>The dataset file of a config; null when none is named, or it is not there or not of sd-scripts' kind.</summary>
    public static KohyaDatasets? Of(CheckContext context)
    {
        var read = ReaderOf(context);
        if (read.Find("dataset_config") is not { } entry || !read.TryText(entry.Value, out var path) || path.Length == 0)
            return null;
        var document = context.Files.Open(path);
        if (document is not { Problems.Count: 0, Roots.Count: 1 } || document.Roots[0] is not { IsMapping: true } root)
            return null;
        var datasets = new KohyaDatasets(entry, path, document, root);
        // Other trainers of the same family have files with other keys; theirs have no subsets.
        return datasets.Datasets.Count > 0 && datasets.Datasets.All(d => SubsetsOf(d).Any()) ? datasets : null;
    }

    /// <summary>The keys of a training config; those of all sections count as one list.</summary>
    public static SettingReader ReaderOf(CheckContext context) =>
        new(KohyaFormat.Flatten(context.Recognised.Root), context.Read.Dialect);

    /// <summary>The subsets of a dataset.</summary>
    public static IEnumerable<ConfigNode> SubsetsOf(ConfigNode dataset) =>
        dataset.Find("subsets")?.Value.Items.Where(i => i.IsMapping) ?? [];

    /// <summary>The entry that decides a key of a dataset or of one of its subsets; null when the file leaves it to the config.</summary>
    public ConfigEntry? Decide(string key, ConfigNode dataset, ConfigNode? subset = null) =>
        subset?.Find(key) ?? dataset.Find(key) ?? General?.Find(key);

    /// <summary>Where an entry of the file stands, for a message: <c>dataset.toml:3</c>.</summary>
    public string PlaceOf(ConfigEntry entry) =>
        _path + ":" + _document.Source.Lines.PositionAt(entry.KeySpan.Start).Line.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same place for programs.</summary>
    public IReadOnlyList<RelatedPlace> RelatedTo(ConfigEntry entry, string message) =>
        [new RelatedPlace(_document.Source, entry.Span, message)];
}
