using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>kohya: a key of the dataset file is misspelt or stands where it is not read.</summary>
public sealed class KohyaDatasetKeyUnknown : Rule
{
    private static readonly HashSet<string> s_subset = new(StringComparer.Ordinal)
    {
        "color_aug", "face_crop_aug_range", "flip_aug", "num_repeats", "random_crop", "shuffle_caption", "keep_tokens",
        "keep_tokens_separator", "secondary_separator", "caption_separator", "enable_wildcard", "token_warmup_min", "token_warmup_step",
        "caption_prefix", "caption_suffix", "custom_attributes", "resize_interpolation", "caption_dropout_every_n_epochs",
        "caption_dropout_rate", "caption_tag_dropout_rate", "caption_extension", "class_tokens", "cache_info",
    };

    private static readonly HashSet<string> s_ownOfSubset = new(StringComparer.Ordinal)
    {
        "image_dir", "is_reg", "alpha_mask", "metadata_file", "conditioning_data_dir",
    };

    private static readonly HashSet<string> s_dataset = new(StringComparer.Ordinal)
    {
        "batch_size", "bucket_no_upscale", "bucket_reso_steps", "enable_bucket", "max_bucket_reso", "min_bucket_reso", "validation_seed",
        "validation_split", "resolution", "network_multiplier", "resize_interpolation",
    };

    // What the command line calls some of them (ARGPARSE_OPTNAME_TO_CONFIG_OPTNAME), and what people try.
    private static readonly Dictionary<string, string> s_others = new(StringComparer.Ordinal)
    {
        ["train_batch_size"] = "batch_size", ["dataset_repeats"] = "num_repeats", ["repeats"] = "num_repeats",
        ["train_data_dir"] = "image_dir", ["in_json"] = "metadata_file",
    };

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL413",
        Name = "kohya-dataset-key-unknown",
        Category = Category.Correctness,
        Summary = "The dataset file has a key that sd-scripts does not take there.",
        Why = "The dataset file, unlike the training config, is held to a schema: a key too many stops the run.",
        Sources = [new(Upstream.Kohya, "library/config_util.py:183-334: ConfigSanitizer")],
        Formats = ["kohya", "kohya-gui"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (KohyaDatasets.Of(context) is not { } datasets)
            return;
        var ofDataset = new HashSet<string>(s_dataset.Concat(s_subset), StringComparer.Ordinal);
        var ofSubset = new HashSet<string>(s_subset.Concat(s_ownOfSubset), StringComparer.Ordinal);
        if (datasets.General is not null)
            CheckKeys(context, datasets, datasets.General, ofDataset, "[general]");
        ofDataset.Add("subsets");
        foreach (var dataset in datasets.Datasets)
        {
            CheckKeys(context, datasets, dataset, ofDataset, "a dataset");
            foreach (var subset in KohyaDatasets.SubsetsOf(dataset))
                CheckKeys(context, datasets, subset, ofSubset, "a subset");
        }
    }

    // A name that is like none of these may be a fork's own.
    private static void CheckKeys(
        CheckContext context, KohyaDatasets datasets, ConfigNode node, HashSet<string> known, string where)
    {
        foreach (var entry in node.Entries.Where(e => !e.IsOverridden && !known.Contains(e.Key)))
        {
            string? remedy = null;
            if (s_dataset.Contains(entry.Key))
                remedy = "it belongs to the dataset: move it above the subset";
            else if (s_ownOfSubset.Contains(entry.Key))
                remedy = "it belongs to a subset: move it below [[datasets.subsets]]";
            else if (s_others.TryGetValue(entry.Key, out var name) || (name = Spelling.Closest(entry.Key, known)) is not null)
                remedy = $"write {name}";
            if (remedy is not null)
            {
                context.Report(
                    datasets.Entry,
                    $"{datasets.PlaceOf(entry)}: {entry.Key} is no key of {where}, and sd-scripts stops at it; {remedy}",
                    related: datasets.RelatedTo(entry, $"{entry.Key} is here"));
            }
        }
    }
}
