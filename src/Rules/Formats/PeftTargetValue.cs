using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>One name in a list of target modules with the node it was written in.</summary>
public readonly record struct PeftTargetName(string Text, ConfigNode Node);

/// <summary>
/// The target modules as PEFT gets them from a framework. Loaders differ in what they split, wrap and unwrap, and PEFT in turn takes a
/// string for a regular expression over whole names and a list for literal suffixes.
/// </summary>
public sealed class PeftTargetValue
{
    private PeftTargetValue(ConfigEntry entry, ConfigNode? pattern, IReadOnlyList<PeftTargetName> names, bool expandsAllInList = false)
    {
        Entry = entry;
        Pattern = pattern;
        Names = names;
        ExpandsAllInList = expandsAllInList;
    }

    /// <summary>Where they were written.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>The string that PEFT gets, or null when it gets a list.</summary>
    public ConfigNode? Pattern { get; }

    /// <summary>The list that PEFT gets; items whose text cannot be known are left out.</summary>
    public IReadOnlyList<PeftTargetName> Names { get; }

    /// <summary>The loader replaces the word for all linear layers inside of a list too.</summary>
    public bool ExpandsAllInList { get; }

    /// <summary>The list as written, or null when a string was written.</summary>
    public ConfigNode? List => Entry.Value.IsSequence ? Entry.Value : null;

    /// <summary>The key of the target modules in a config that hands them to PEFT, or null.</summary>
    public static string? KeyOf(ConfigFormat format, SettingReader read) => format switch
    {
        VerlFormat => VerlFormat.PeftModelOf(read) is { } model ? model + "target_modules" : null,
        _ => KeyOf(format.Name),
    };

    /// <summary>The key of the target modules in a format whose frameworks always hand them to PEFT, or null.</summary>
    public static string? KeyOf(string format) => format switch
    {
        "peft" or "python" or "unsloth" or "ms-swift" => "target_modules",
        "axolotl" or "trl" => "lora_target_modules",
        "llama-factory" => "lora_target",
        "oumi" => "peft.lora_target_modules",
        "ludwig" => "adapter.target_modules",
        "llmforge" => "lora_config.target_modules",
        "autotrain" => "params.target_modules",
        "h2o-llmstudio" => "training.lora_target_modules",
        _ => null,
    };

    /// <summary>
    /// What PEFT gets, or null when nothing is written, when its content is unknown or when PEFT is not behind the format.
    /// </summary>
    public static PeftTargetValue? Read(ConfigFormat format, SettingReader read)
    {
        if (format is CSharpFormat { IsOwn: true } code)
            return ReadCode(code, read);
        // ms-swift: a regular expression has a key of its own, which wins (arguments/tuner_args.py:202).
        if (format.Name == "ms-swift" && read.Has("target_regex") && read.Find("target_regex") is { } regex)
            return read.TryText(regex.Value, out _) ? new PeftTargetValue(regex, regex.Value, []) : null;
        if (KeyOf(format, read) is not { } key || !read.Has(key) || read.Find(key) is not { } entry)
            return null;
        // Other scripts share TRL's keys and may split as they like.
        if (format.Name == "trl" && !read.Has("use_peft"))
            return null;
        var value = entry.Value;
        if (value.IsMapping || (value.IsScalar && !read.TryText(value, out _)))
            return null;
        IReadOnlyList<PeftTargetName> items = value.IsScalar
            ? [new(value.Text, value)]
            : [.. value.Items.Where(i => read.TryText(i, out _)).Select(i => new PeftTargetName(i.Text, i))];
        return format.Name switch
        {
            // The command line that the YAML is turned into takes a list (cli/main.py:38-66).
            "ms-swift" => new PeftTargetValue(entry, null, items, expandsAllInList: true),
            // hparams/finetuning_args.py, split_arg.
            "llama-factory" when value.IsScalar =>
                new PeftTargetValue(entry, null, [.. value.Text.Split(',').Select(t => new PeftTargetName(t.Trim(), value))]),
            // Oumi takes lists alone and hands on the one word for all linear layers as a string (params/peft_params.py, to_lora).
            "oumi" when items.Count == 1 && items[0].Text == "all-linear" && value.IsSequence =>
                new PeftTargetValue(entry, value.Items[0], []),
            // A text is split at its commas, but for the one word and for nothing (trainers/clm/utils.py; utils/modeling_utils.py).
            "autotrain" or "h2o-llmstudio" when value.IsScalar => value.Text.Trim().Length == 0 ? null
                : format.Name == "autotrain" && IsAllLinear(value.Text.Trim()) ? new PeftTargetValue(entry, value, [])
                : new PeftTargetValue(entry, null, [.. value.Text.Split(',').Select(t => new PeftTargetName(t.Trim(), value))]),
            // With all linear layers asked for beside them, a string is wrapped into a list (loaders/adapter.py:174-182): LL912's business.
            "axolotl" when read.Bool("lora_target_linear", false) is var linear && (linear.Or(false) || !linear.IsKnown) =>
                value.IsScalar ? null : new PeftTargetValue(entry, null, items, expandsAllInList: true),
            // A list of one is unwrapped (trainer/model_config.py:177).
            "trl" when value.IsSequence && value.Items.Count == 1 =>
                items.Count == 1 ? new PeftTargetValue(entry, value.Items[0], []) : null,
            // Only the one word is sure to be taken as a string (models/llama.py, models/vision.py).
            "unsloth" when value.IsScalar && !IsAllLinear(value.Text) => null,
            _ when value.IsScalar => new PeftTargetValue(entry, value, []),
            _ => new PeftTargetValue(entry, null, items),
        };
    }

    // Our records mean what PEFT means, with a member for the list and another for the expression.
    private static PeftTargetValue? ReadCode(CSharpFormat format, SettingReader read)
    {
        if (format.Find(RunMembers.TargetPattern) is { } pattern && read.Has(pattern.Key) && read.Find(pattern.Key) is { } written)
            return read.TryText(written.Value, out _) ? new PeftTargetValue(written, written.Value, []) : null;
        if (format.Find(nameof(TrainingConfig.TargetModules)) is not { } list
            || read.Find(list.Key) is not { Value.IsSequence: true } entry)
            return null;
        return new PeftTargetValue(
            entry, null, [.. entry.Value.Items.Where(i => read.TryText(i, out _)).Select(i => new PeftTargetName(i.Text, i))]);
    }

    /// <summary>
    /// Whether PEFT takes a text for all linear layers: the one word, in any case, as a string (tuners/tuners_utils.py:2391).
    /// </summary>
    public static bool IsAllLinear(string text) => text.Equals("all-linear", StringComparison.OrdinalIgnoreCase);
}
