using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// How people name LoRA settings and the types that hold them in C#. Case and underscores do not count: <c>lora_alpha</c>,
/// <c>loraAlpha</c> and <c>LoraAlpha</c> are one name.
/// </summary>
internal static class ConfigNames
{
    private static readonly HashSet<string> s_records = new(RunMembers.Records, StringComparer.Ordinal);

    // Of two members for one setting the first name listed counts. Only names that can mean nothing else beside a rank.
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
        [nameof(TrainingConfig.Bias)] = ["bias", "lorabias"],
        [nameof(TrainingConfig.Epochs)] = ["epochs", "numepochs", "numtrainepochs"],
        [nameof(TrainingConfig.MaxSteps)] = ["maxsteps"],
        [nameof(TrainingConfig.MicroBatchSize)] = ["microbatchsize", "perdevicebatchsize", "perdevicetrainbatchsize", "batchsize"],
        [nameof(TrainingConfig.GradientAccumulationSteps)] = ["gradientaccumulationsteps", "gradientaccumulation"],
        [nameof(WarmupUnit.Ratio)] = ["warmupratio"],
        [nameof(WarmupUnit.Steps)] = ["warmupsteps"],
        [nameof(TrainingConfig.WeightDecay)] = ["weightdecay"],
        [CSharpFormat.LoadIn4Bit] = ["loadin4bit"],
        [nameof(TrainingConfig.QuantizationType)] = ["quantizationtype", "bnb4bitquanttype"],
        [nameof(TrainingConfig.DoubleQuantization)] = ["doublequantization", "usedoublequantization", "bnb4bitusedoublequant"],
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
