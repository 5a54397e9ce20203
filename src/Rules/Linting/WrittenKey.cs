using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Linting;

/// <summary>A key as written, with its place in the format's key table.</summary>
/// <param name="Entry">The key with its value.</param>
/// <param name="Mapping">The mapping that holds it.</param>
/// <param name="Parent">The path of that mapping; empty for the root.</param>
/// <param name="Info">What the table says about the key, or about keys of any name at its place; null when neither is there.</param>
/// <param name="Table">The table: the format's, or that of the call whose keyword it is.</param>
/// <param name="Call">In a script: the call that takes it as a keyword.</param>
public sealed record WrittenKey(ConfigEntry Entry, ConfigNode Mapping, string Parent, KeyInfo? Info, KeyTable Table, CodeCall? Call = null)
{
    /// <summary>The whole path, list elements as <c>[]</c>.</summary>
    public string Path => Join(Parent, Entry.Key);

    /// <summary>Whether the table has the key by its name.</summary>
    public bool IsNamed => Info is not null && Info.Name != "*";

    /// <summary>The name that <see cref="KeyConcepts"/> has for what takes the key.</summary>
    public string VocabularyIn(ConfigFormat format) => Call?.Kind switch
    {
        null => format.Name,
        CodeCallKind.Adapter => "peft",
        CodeCallKind.Arguments => "trl",
        _ => Call.Name,
    };

    /// <summary>What takes the key, for people: the framework, or the class that is called.</summary>
    public string TakerIn(ConfigFormat format) => Call?.Name ?? format.Title;

    /// <summary>
    /// The keys of a config that its framework sees, in the order written; none when the format has no table. Below a key that the table
    /// does not have, nothing is known. Left out: keys that a later one overrides or that come in through a merge key, the content of
    /// aliases, and, but for our own format, names that are no names (templates, numbers, dotted paths). Of a script: the keywords of its
    /// calls, those out of dicts that are known too, each with the table of what is called; of a call that takes others from elsewhere,
    /// none.
    /// </summary>
    public static IEnumerable<WrittenKey> AllOf(RecognisedConfig config)
    {
        if (config.Format.Keys is not { } table)
            return config.Root.Origin is { } origin ? OfCalls(config.Root, origin) : [];
        // sd-scripts drop the sections of a TOML file and keep their keys.
        List<ConfigEntry> sections = config.Format is KohyaFormat
            ? [.. config.Root.Entries.Where(e => e.Value is { IsMapping: true, IsAlias: false } && table.Find(e.Key) is null)]
            : [];
        return Below(table, config.Root, "", sections).Concat(sections.SelectMany(s => Below(table, s.Value, "", [])));
    }

    private static IEnumerable<WrittenKey> OfCalls(ConfigNode root, CodeOrigin origin)
    {
        foreach (var entry in root.Entries)
        {
            if (entry.IsOverridden || entry.KeySpan.Length == 0
                || origin.At(entry.KeySpan.Start) is not { IsComplete: true } call || CallTables.Find(call) is not { } table
                || IsOfUnsloth(entry.Key, call, origin))
                continue;
            var key = new WrittenKey(entry, root, "", table.Find(entry.Key), table, call);
            yield return key;
            foreach (var below in key.Info is null ? [] : Inside(table, entry.Value, entry.Key))
                yield return below with { Call = call };
        }
    }

    // Unsloth puts classes of its own in the place of TRL's, which have these besides.
    private static bool IsOfUnsloth(string key, CodeCall call, CodeOrigin origin) =>
        call.Kind == CodeCallKind.Arguments && origin.Modules.Contains("unsloth")
        && (key is "max_seq_length" or "vllm_sampling_params" || key.StartsWith("unsloth_", StringComparison.Ordinal));

    private static IEnumerable<WrittenKey> Below(KeyTable table, ConfigNode mapping, string parent, List<ConfigEntry> passedOver)
    {
        // Nothing fills our own format in, so that whatever stands there is a name.
        var isOwn = table == LoraLintKeys.Table;
        foreach (var entry in mapping.Entries)
        {
            if (entry.IsOverridden || entry.IsMerged || passedOver.Contains(entry) || !(isOwn || IsName(entry.Key)))
                continue;
            var key = new WrittenKey(entry, mapping, parent, table.Find(Join(parent, entry.Key)), table);
            yield return key;
            if (key.Info is null)
                continue;
            foreach (var below in Inside(table, entry.Value, key.Path))
                yield return below;
        }
    }

    private static IEnumerable<WrittenKey> Inside(KeyTable table, ConfigNode node, string path)
    {
        if (node.IsAlias)
            return [];
        if (node.IsMapping)
            return Below(table, node, path, []);
        return node.Items.SelectMany(i => Inside(table, i, path + "[]"));
    }

    private static string Join(string parent, string key) => parent.Length == 0 ? key : parent + "." + key;

    private static bool IsName(string key) =>
        key.Length > 0 && !char.IsDigit(key[0]) && key.All(c => char.IsLetterOrDigit(c) || c is '_' or '-');
}
