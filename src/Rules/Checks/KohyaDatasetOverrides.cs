using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>kohya: a value of the training config loses to the dataset file's.</summary>
public sealed class KohyaDatasetOverrides : Rule
{
    // The training config's key and the dataset file's.
    private static readonly (string Ours, string Theirs)[] s_datasetKeys =
    [
        ("train_batch_size", "batch_size"), ("resolution", "resolution"), ("enable_bucket", "enable_bucket"),
        ("min_bucket_reso", "min_bucket_reso"), ("max_bucket_reso", "max_bucket_reso"), ("bucket_reso_steps", "bucket_reso_steps"),
        ("bucket_no_upscale", "bucket_no_upscale"), ("validation_split", "validation_split"),
    ];

    private static readonly (string Ours, string Theirs)[] s_subsetKeys =
    [
        ("dataset_repeats", "num_repeats"), ("shuffle_caption", "shuffle_caption"), ("keep_tokens", "keep_tokens"),
        ("caption_dropout_rate", "caption_dropout_rate"), ("caption_tag_dropout_rate", "caption_tag_dropout_rate"),
        ("caption_extension", "caption_extension"), ("flip_aug", "flip_aug"), ("color_aug", "color_aug"), ("random_crop", "random_crop"),
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL414",
        Name = "kohya-dataset-overrides",
        Category = Category.Suspicious,
        Summary = "The dataset file says otherwise, and it counts.",
        Why = "sd-scripts takes a value from the subset, then the dataset, then [general], and only then from the training config; folders "
            + "of images named there are not read at all beside a dataset file.",
        Sources =
        [
            new(Upstream.Kohya, "library/config_util.py:435-472: generate_params_by_fallbacks"),
            new(Upstream.Kohya, "train_network.py:519-527: ignoring the following options"),
        ],
        Formats = ["kohya"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (KohyaDatasets.Of(context) is not { } datasets)
            return;
        var read = KohyaDatasets.ReaderOf(context);
        foreach (var key in new[] { "train_data_dir", "reg_data_dir", "in_json" })
        {
            if (read.Find(key) is { } entry && read.TryText(entry.Value, out var path) && path.Length > 0)
            {
                context.Report(
                    entry,
                    $"{key} is not read beside dataset_config: sd-scripts takes its images from {datasets.Entry.Value.Text} alone; name the "
                    + "folder there as image_dir of a subset, or take one of the two out",
                    related: context.Beside(datasets.Entry));
            }
        }

        foreach (var (ours, theirs) in s_datasetKeys)
            Compare(context, read, datasets, ours, theirs, [.. datasets.Datasets.Select(d => datasets.Decide(theirs, d))]);
        foreach (var (ours, theirs) in s_subsetKeys)
        {
            Compare(context, read, datasets, ours, theirs, [.. datasets.Datasets
                .SelectMany(d => KohyaDatasets.SubsetsOf(d).Select(s => datasets.Decide(theirs, d, s)))]);
        }
    }

    // Where one of them leaves the value to the config or agrees, the config's has its use.
    private static void Compare(
        CheckContext context, SettingReader read, KohyaDatasets datasets, string ours, string theirs, IReadOnlyList<ConfigEntry?> deciding)
    {
        if (read.Find(ours) is not { Value.IsUnknown: false } entry || entry.Value.Text.Length == 0 && entry.Value.IsScalar
            || deciding.Any(d => d is null || d.Value.IsUnknown || Spell(d.Value) == Spell(entry.Value)))
            return;
        var first = deciding[0]!;
        context.Report(
            entry,
            $"{ours} {Show(entry.Value)} has no effect: {theirs} is {Show(first.Value)} in the dataset file ({datasets.PlaceOf(first)}), "
            + "which counts; change it there, or take it out there",
            related: datasets.RelatedTo(first, $"{theirs} is {Show(first.Value)} here"));
    }

    // A resolution is one number for both sides, a pair, or "512,768".
    private static string Spell(ConfigNode node)
    {
        var parts = node.IsSequence ? node.Items.Select(i => i.Text) : node.Text.Split(',');
        var words = parts.Select(p => p.Trim()).ToList();
        return words.Count == 2 && words[0] == words[1] ? words[0] : string.Join(",", words);
    }

    private static string Show(ConfigNode node) => node.IsSequence ? "[" + string.Join(", ", node.Items.Select(i => i.Text)) + "]" : node.Text;
}
