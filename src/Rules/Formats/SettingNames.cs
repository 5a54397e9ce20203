using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// How people name the settings of a LoRA run where no framework tells them to: in C# types and in config files of their own. Case,
/// underscores and hyphens do not count: <c>lora_alpha</c>, <c>loraAlpha</c> and <c>LoraAlpha</c> are one name.
/// </summary>
internal static class SettingNames
{
    // Of two names for one setting the first listed counts. Only names that can mean nothing else beside a rank.
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

    /// <summary>All names, folded.</summary>
    public static IEnumerable<string> All => s_settings.Keys;

    /// <summary>The folded names of a setting, the preferred one first.</summary>
    public static IReadOnlyList<string> Of(string setting) => s_names[setting];

    /// <summary>The setting that a name stands for, and the name's place in its list; or null.</summary>
    public static (string Setting, int Order)? SettingOf(string name) =>
        s_settings.TryGetValue(Fold(name), out var setting) ? setting : null;

    /// <summary>A name without case, underscores and hyphens.</summary>
    public static string Fold(string name) => name.Replace("_", "").Replace("-", "").ToLowerInvariant();
}
