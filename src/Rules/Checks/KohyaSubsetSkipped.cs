using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>kohya: images of the dataset file are left out of training with no more than a line in the log.</summary>
public sealed class KohyaSubsetSkipped : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL412",
        Name = "kohya-subset-skipped",
        Category = Category.Suspicious,
        Summary = "A subset in the dataset file is left out of training.",
        Why = "sd-scripts passes over a subset whose folder is not there, which is repeated less than once, or which names the folder of "
            + "another one; it trains on the rest, and only a line of the log tells.",
        Sources = [new(Upstream.Kohya, "library/train_util.py:1973-1975, 2118-2136, 2229-2240: ignore subset")],
        Formats = ["kohya", "kohya-gui"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (KohyaDatasets.Of(context) is not { } datasets)
            return;
        foreach (var dataset in datasets.Datasets)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var subset in KohyaDatasets.SubsetsOf(dataset))
            {
                var source = subset.Find("metadata_file") ?? subset.Find("image_dir");
                if (source is not { Value: { IsScalar: true, IsUnknown: false, Text.Length: > 0 } path })
                    continue;
                if (RepeatsOf(datasets, dataset, subset) is { } repeats)
                    Report(context, datasets, repeats, $"{path.Text} is left out, as its num_repeats is {repeats.Value.Text}: write 1 or more");
                else if (!seen.Add(path.Text))
                    Report(context, datasets, source, $"{path.Text} is in the dataset twice, and only the first subset counts: take one out, "
                        + "and raise num_repeats of the other if its images are to count more");
                else if (source.Key == "image_dir" && IsMissing(context.Files, path.Text))
                    Report(context, datasets, source, $"{path.Text} is not there, though the folder that should hold it is: sd-scripts "
                        + "leaves the subset out and trains on the rest; check the name");
            }
        }
    }

    private static ConfigEntry? RepeatsOf(KohyaDatasets datasets, ConfigNode dataset, ConfigNode subset) =>
        datasets.Decide("num_repeats", dataset, subset) is { Value.IsUnknown: false } entry
        && new SettingReader(subset, ScalarDialect.Strict).TryNumber(entry.Value, out var repeats) && repeats < 1 ? entry : null;

    // Images are often not committed at all: only where the folder above is here, a missing one is likely a slip.
    private static bool IsMissing(ICompanionFiles files, string path)
    {
        path = path.TrimEnd('/');
        var slash = path.LastIndexOf('/');
        return slash > 0 && path.IndexOf('\\') < 0 && path.IndexOf('{') < 0 && path.Substring(0, slash) is not ("." or "..")
            && files.Exists(path.Substring(0, slash)) == true && files.Exists(path) != true;
    }

    private static void Report(CheckContext context, KohyaDatasets datasets, ConfigEntry entry, string message) =>
        context.Report(
            datasets.Entry,
            $"{datasets.PlaceOf(entry)}: {message}",
            related: datasets.RelatedTo(entry, $"{entry.Key} is {entry.Value.Text} here"));
}
