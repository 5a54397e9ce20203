using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// A mapping that holds LoRA settings in a file of nobody's format. What is taken for one must say so twice: by a rank, and by a name that
/// only LoRA has, on a setting beside it or on the mapping. (DeepSeek's <c>kv_lora_rank</c> is a size of its attention; a polar coordinate
/// has an r as well.)
/// </summary>
internal sealed class LoraBlock
{
    // Bounds on what is looked at: a file with more is data, and no config.
    private const int MostLevels = 12;
    private const int MostMappings = 4000;

    // Ranks by names that nothing else has, and ranks by names that need more said about them.
    private static readonly string[] s_loraRanks = ["lorarank", "lorar", "loradim"];
    private static readonly string[] s_plainRanks = ["r", "rank", "dim", "networkdim", "networkrank", "adapterdim"];

    private static readonly string[] s_loraAlphas = ["loraalpha", "networkalpha"];
    private static readonly string[] s_targets = ["targetmodules", "loratargetmodules"];

    // Settings of an adapter or of a training run, beside which a rank that says LoRA is one of a run.
    private static readonly HashSet<string> s_beside =
    [
        "loraalpha", "alpha", "loradropout", "targetmodules", "loratargetmodules", "modulestosave", "userslora", "usedora",
        "learningrate", "lr", "epochs", "numepochs", "numtrainepochs", "maxsteps", "maxtrainsteps", "pretrainedmodelnameorpath",
    ];

    // Names of mappings that say nothing about what they hold.
    private static readonly HashSet<string> s_neutral =
        ["params", "parameters", "args", "kwargs", "initargs", "config", "settings", "options"];

    private static readonly HashSet<string> s_loraWords =
    [
        "lora", "loras", "qlora", "rslora", "loraconfig", "loracfg", "loraparams", "loraparameters", "loraargs", "lorasettings",
        "loraadapter",
    ];

    /// <summary>Switches that turn LoRA on and off, folded.</summary>
    public static readonly string[] Switches =
        ["uselora", "applylora", "enablelora", "loraenable", "loraenabled", "withlora", "islora", "lora", "uselorafinetuning", "useqlora"];

    private LoraBlock(ConfigNode root, string path, ConfigNode node, ConfigEntry? rank, bool isLoraAlone)
    {
        Root = root;
        Path = path;
        Node = node;
        Rank = rank;
        IsLoraAlone = isLoraAlone;
    }

    /// <summary>The largest mapping around the block that holds no other block.</summary>
    public ConfigNode Root { get; }

    /// <summary>The dotted path of the block under the root, with a dot at its end; empty when it is the root.</summary>
    public string Path { get; }

    /// <summary>The mapping with the settings.</summary>
    public ConfigNode Node { get; }

    /// <summary>The rank; null where LoRA is switched on and the rank left to the program.</summary>
    public ConfigEntry? Rank { get; }

    /// <summary>The mapping is there for LoRA alone, so that a plain name such as alpha means LoRA's.</summary>
    public bool IsLoraAlone { get; }

    /// <summary>The blocks in a tree, an outer one before those within it.</summary>
    public static IReadOnlyList<LoraBlock> FindAll(ConfigNode root)
    {
        var found = new List<Place>();
        var left = MostMappings;
        Collect(new Place(root, null, ""), "", 0, found, ref left);
        if (found.Count == 0 && IsSwitchedOn(root) is { } switched)
            found.Add(switched);

        var blocksIn = new Dictionary<ConfigNode, int>();
        foreach (var place in found)
        {
            for (var above = place; above is not null; above = above.Above)
                blocksIn[above.Mapping] = blocksIn.TryGetValue(above.Mapping, out var count) ? count + 1 : 1;
        }

        return [.. found.Select(place => Rooted(place, blocksIn))];
    }

    /// <summary>Whether a name says that LoRA is meant.</summary>
    public static bool SaysLora(string name) => Words(name).Any(s_loraWords.Contains);

    /// <summary>The entry of a mapping by the first of some folded names, or null.</summary>
    public static ConfigEntry? Find(ConfigNode mapping, IReadOnlyList<string> names)
    {
        ConfigEntry? best = null;
        var bestOrder = names.Count;
        foreach (var entry in mapping.Entries)
        {
            if (entry.IsOverridden)
                continue;
            var folded = SettingNames.Fold(entry.Key);
            for (var order = 0; order < bestOrder; order++)
            {
                if (names[order] == folded)
                    (best, bestOrder) = (entry, order);
            }
        }

        return best;
    }

    private static LoraBlock Rooted(Place place, Dictionary<ConfigNode, int> blocksIn)
    {
        var (root, path) = (place, "");
        // Keys with dots cannot be told from paths, and items of lists have none.
        while (root is { Above: { } above, Key: { } key } && key.IndexOf('.') < 0 && blocksIn[above.Mapping] == 1)
            (root, path) = (above, key + "." + path);
        var rank = RankOf(place.Mapping);
        var isAlone = SaysLora(place.Name) || (rank is not null && s_plainRanks.Contains(SettingNames.Fold(rank.Key)));
        return new LoraBlock(root.Mapping, path, place.Mapping, rank, isAlone);
    }

    // The name of a list or of a mapping without a name that says something stands for what is below.
    private static void Collect(Place place, string name, int level, List<Place> found, ref int left)
    {
        if (level > MostLevels || --left < 0)
            return;
        place = place with { Name = name };
        if (IsBlock(place))
            found.Add(place);
        foreach (var entry in place.Mapping.Entries)
        {
            if (entry.IsOverridden)
                continue;
            var below = s_neutral.Contains(SettingNames.Fold(entry.Key)) ? name : entry.Key;
            if (entry.Value.IsMapping)
                Collect(new Place(entry.Value, place, "") { Key = entry.Key }, below, level + 1, found, ref left);
            else
                CollectItems(entry.Value, place, below, level + 1, found, ref left);
        }
    }

    private static void CollectItems(ConfigNode list, Place above, string name, int level, List<Place> found, ref int left)
    {
        foreach (var item in list.Items)
        {
            if (item.IsMapping)
                Collect(new Place(item, above, ""), name, level + 1, found, ref left);
        }
    }

    private static bool IsBlock(Place place)
    {
        if (RankOf(place.Mapping) is not { } rank)
            return false;
        var (mapping, saysLora) = (place.Mapping, SaysLora(place.Name));
        if (s_loraRanks.Contains(SettingNames.Fold(rank.Key)))
            return saysLora || mapping.Entries.Any(e => !e.IsOverridden && s_beside.Contains(SettingNames.Fold(e.Key)));
        return saysLora || Find(mapping, s_loraAlphas) is { } alpha && IsNumber(alpha.Value)
            || (Find(mapping, ["alpha"]) is not null && Find(mapping, s_targets) is not null);
    }

    private static ConfigEntry? RankOf(ConfigNode mapping) =>
        Numeric(mapping, s_loraRanks) ?? Numeric(mapping, s_plainRanks);

    private static ConfigEntry? Numeric(ConfigNode mapping, string[] names) =>
        Find(mapping, names) is { } entry && IsNumber(entry.Value) ? entry : null;

    private static bool IsNumber(ConfigNode value) =>
        value.IsScalar && (value.IsUnknown || ScalarDialect.TryParseNumber(value.Text, out _));

    // Without a rank a switch for LoRA beside a learning rate still tells what is trained.
    private static Place? IsSwitchedOn(ConfigNode root)
    {
        var left = MostMappings;
        return Search(new Place(root, null, ""), 0, ref left);

        static Place? Search(Place place, int level, ref int left)
        {
            if (level > MostLevels || --left < 0)
                return null;
            if (Find(place.Mapping, Switches) is { Value: { IsScalar: true, Text: "true" or "True" } }
                && Find(place.Mapping, ["learningrate", "lr"]) is { } rate && IsNumber(rate.Value))
                return place;
            foreach (var entry in place.Mapping.Entries)
            {
                if (!entry.IsOverridden && entry.Value.IsMapping
                    && Search(new Place(entry.Value, place, "") { Key = entry.Key }, level + 1, ref left) is { } found)
                    return found;
            }

            return null;
        }
    }

    // The letters of a name in words: unet_lora_config is unet, lora, config.
    private static IEnumerable<string> Words(string name)
    {
        var start = 0;
        for (var i = 0; i <= name.Length; i++)
        {
            if (i < name.Length && char.IsLetter(name[i]))
                continue;
            if (i > start)
                yield return name.Substring(start, i - start).ToLowerInvariant();
            start = i + 1;
        }
    }

    // A mapping on the way from the root. Key is null for the root and for items of lists.
    private sealed record Place(ConfigNode Mapping, Place? Above, string Name)
    {
        public string? Key { get; init; }
    }
}
