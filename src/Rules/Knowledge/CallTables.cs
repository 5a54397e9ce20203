using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Keys;

namespace LoraLint.Rules.Knowledge;

/// <summary>The keywords of what Python scripts call.</summary>
public static class CallTables
{
    private static readonly Dictionary<string, KeyTable> s_classes = new KeyTable[]
    {
        CallKeys.LoraConfig, CallKeys.AdaLoraConfig, CallKeys.BitsAndBytesConfig, CallKeys.TrainingArguments,
        CallKeys.Seq2SeqTrainingArguments, CallKeys.SFTConfig, CallKeys.DPOConfig, CallKeys.GRPOConfig, CallKeys.KTOConfig,
        CallKeys.ORPOConfig, CallKeys.CPOConfig, CallKeys.RewardConfig, CallKeys.RLOOConfig, CallKeys.PPOConfig, CallKeys.PRMConfig,
        CallKeys.BCOConfig, CallKeys.OnlineDPOConfig, CallKeys.GKDConfig, CallKeys.NashMDConfig, CallKeys.XPOConfig,
    }.ToDictionary(t => t.Format, StringComparer.Ordinal);

    /// <summary>The table of a call; null for one whose keywords are not known by name.</summary>
    public static KeyTable? Find(CodeCall call) =>
        s_classes.TryGetValue(call.Name, out var table) ? table
        : !call.Name.StartsWith("Fast", StringComparison.Ordinal) ? null
        : call.Kind == CodeCallKind.Adapter ? CallKeys.UnslothAdapter : CallKeys.UnslothModel;

    /// <summary>The library whose versions a key's marks are about; transformers' arguments carry its own versions in TRL too.</summary>
    public static string LibraryOf(CodeCall call, string version) =>
        call.Kind switch
        {
            CodeCallKind.Adapter => "PEFT",
            CodeCallKind.Arguments when !IsOfTransformers(call) && !IsOfTransformers(version) => "TRL",
            _ => "transformers",
        };

    private static bool IsOfTransformers(string version) => version[0] is '4' or '5' && version.Count(c => c == '.') == 1;

    private static bool IsOfTransformers(CodeCall call) => call.Name is "TrainingArguments" or "Seq2SeqTrainingArguments";
}
