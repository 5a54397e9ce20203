using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory's datasets: names in dataset_info.json, which lies in the folder of the data and says where each is.</summary>
internal sealed class LfDatasets
{
    private LfDatasets(string folder, bool isFolderWritten, ConfigDocument document, ConfigNode root)
    {
        Folder = folder;
        IsFolderWritten = isFolderWritten;
        Document = document;
        Root = root;
    }

    /// <summary>The folder, without a slash at its end.</summary>
    public string Folder { get; }

    /// <summary>Whether the config names the folder; else it is the default, counted from where training is started.</summary>
    public bool IsFolderWritten { get; }

    /// <summary>dataset_info.json.</summary>
    public ConfigDocument Document { get; }

    /// <summary>Its mapping of names.</summary>
    public ConfigNode Root { get; }

    /// <summary>The datasets beside a config; null when they are elsewhere or cannot be read.</summary>
    public static LfDatasets? Of(CheckContext context)
    {
        if (context.Format.Name != "llama-factory" || !context.Read.Text("dataset_dir", "data").TryGet(out var folder)
            || folder == "ONLINE" || folder.StartsWith("REMOTE:", StringComparison.Ordinal))
            return null;
        folder = folder.TrimEnd('/');
        var document = context.Files.Open(folder + "/dataset_info.json");
        // A broken file is told where it is checked itself.
        return document is { Problems.Count: 0, Roots.Count: 1 } && document.Roots[0] is { IsMapping: true } root
            ? new LfDatasets(folder, context.Read.Has("dataset_dir"), document, root) : null;
    }

    /// <summary>The names that a setting lists, each with the node it stands in.</summary>
    public static IEnumerable<(string Name, ConfigNode Node)> Names(Setting<IReadOnlyList<string>> setting)
    {
        if (!setting.IsWritten || !setting.IsKnown)
            yield break;
        var value = setting.Entry!.Value;
        foreach (var node in value.IsSequence ? value.Items : [value])
        {
            foreach (var name in node.Text.Split(','))
                yield return (name.Trim(), node);
        }
    }

    /// <summary>The local file of a dataset, as a path; null when it comes from elsewhere.</summary>
    public string? FileOf(ConfigEntry dataset) =>
        new[] { "hf_hub_url", "ms_hub_url", "om_hub_url", "script_url", "cloud_file_name" }.All(k => dataset.Value.Find(k) is null)
        && dataset.Value.Find("file_name") is { Value: { IsScalar: true, IsUnknown: false, Text.Length: > 0 } file }
            ? Folder + "/" + file.Text : null;

    /// <summary>The beginning of dataset_info.json.</summary>
    public RelatedPlace Top(string message) => new(Document.Source, new TextSpan(Root.Span.Start, 0), message);

    /// <summary>A place in dataset_info.json.</summary>
    public RelatedPlace Place(ConfigEntry entry, string message) => new(Document.Source, entry.Span, message);
}
