using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Adapters on bare parameters, as fused experts have them: no module, so not among the target modules.</summary>
internal static class TargetParameters
{
    /// <summary>The entry with at least one of them, or null; null too when its content is unknown.</summary>
    public static ConfigEntry? Find(CheckContext context) =>
        Written(context) is { Value.IsUnknown: false } entry ? entry : null;

    /// <summary>Whether there are any, or may be.</summary>
    public static bool MayBe(CheckContext context) => Written(context) is not null;

    private static ConfigEntry? Written(CheckContext context)
    {
        var key = context.Format.Name switch
        {
            "peft" or "python" or "unsloth" or "ms-swift" => "target_parameters",
            "axolotl" or "trl" => "lora_target_parameters",
            _ => null,
        };
        return key is not null && context.Read.Has(key) && context.Read.Find(key) is { Value: { IsMapping: false } value } entry
            && (value.IsUnknown || (value.IsScalar ? value.Text.Length > 0 : value.Items.Count > 0)) ? entry : null;
    }
}
