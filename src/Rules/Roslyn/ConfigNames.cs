using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// How people name LoRA settings and the types that hold them in C#. Case and underscores do not count: <c>lora_alpha</c>,
/// <c>loraAlpha</c> and <c>LoraAlpha</c> are one name.
/// </summary>
internal static class ConfigNames
{
    private static readonly HashSet<string> s_records = new(StringComparer.Ordinal)
    {
        nameof(TrainingRun), nameof(LoraOptions), nameof(QuantizationOptions), nameof(OptimizerOptions), nameof(TrainingOptions),
        nameof(DataOptions),
    };

    // Of two members for one setting the first name listed counts.
    private static readonly Dictionary<string, string[]> s_names = new(StringComparer.Ordinal)
    {
        [nameof(TrainingConfig.Rank)] = ["rank", "r", "lorarank", "lorar"],
        [nameof(TrainingConfig.Alpha)] = ["alpha", "loraalpha"],
        [nameof(TrainingConfig.Dropout)] = ["dropout", "loradropout", "dropoutprobability"],
        [nameof(TrainingConfig.TargetModules)] = ["targetmodules", "loratargetmodules", "targets"],
        [nameof(TrainingConfig.ModulesToSave)] = ["modulestosave"],
        [nameof(TrainingConfig.UseRslora)] = ["userslora", "rslora", "userankstabilizedlora"],
        [RunMembers.UseDora] = ["usedora"],
        [nameof(TrainingConfig.RankPattern)] = ["rankpattern"],
        [nameof(TrainingConfig.AlphaPattern)] = ["alphapattern"],
        [nameof(TrainingConfig.LearningRate)] = ["learningrate"],
        [nameof(TrainingConfig.BaseModel)] = ["basemodel"],
    };

    private static readonly Dictionary<string, (string Setting, int Order)> s_settings = s_names
        .SelectMany(s => s.Value.Select((name, order) => (Name: name, Setting: s.Key, Order: order)))
        .ToDictionary(s => s.Name, s => (s.Setting, s.Order));

    // The members of our records, and of types in their style, for a look at the syntax alone.
    private static readonly HashSet<string> s_members =
    [
        .. s_settings.Keys,
        .. s_records.SelectMany(r => RunMembers.OfRecord(r)!.Values).SelectMany(m => m.Key.Split('.')).Select(Fold),
    ];

    /// <summary>Whether a type's simple name is that of a record of ours.</summary>
    public static bool IsRecord(string typeName) => s_records.Contains(typeName);

    /// <summary>Whether a type's simple name says that it holds LoRA settings.</summary>
    public static bool SaysLora(string typeName) =>
        typeName.EndsWith("LoraConfig", StringComparison.OrdinalIgnoreCase)
        || typeName.EndsWith("LoraOptions", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a member of the name may hold a setting.</summary>
    public static bool MayBeMember(string name) => s_members.Contains(Fold(name));

    /// <summary>The setting that a member of a type in our style holds by its name, and the name's place in its list; or null.</summary>
    public static (string Setting, int Order)? SettingOf(string name) =>
        s_settings.TryGetValue(Fold(name), out var setting) ? setting : null;

    /// <summary>A name without case and underscores.</summary>
    public static string Fold(string name) => name.Replace("_", "").ToLowerInvariant();
}
