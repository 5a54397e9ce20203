using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Formats;

/// <summary>
/// The names of linear layers in Megatron Core's transformer blocks, which NeMo RL and Primus pass to Megatron Bridge. All four are
/// taken when none is named: src/megatron/bridge/peft/lora.py and module_matcher.py (NVIDIA-NeMo/Megatron-Bridge@067f987d, 2026-08-22).
/// </summary>
internal static class MegatronModules
{
    private static readonly Dictionary<string, ModuleRoles> s_roles = new(StringComparer.Ordinal)
    {
        ["linear_qkv"] = ModuleRoles.Query | ModuleRoles.Key | ModuleRoles.Value, ["linear_proj"] = ModuleRoles.Output,
        ["linear_fc1"] = ModuleRoles.Gate | ModuleRoles.Up, ["linear_fc2"] = ModuleRoles.Down,
    };

    /// <summary>The four linear layers of a block.</summary>
    public static ModuleSelection All { get; } = ModuleSelection.OfRoles(ModuleRoles.AllLinear, [.. s_roles.Keys]);

    /// <summary>A list of names, of which those with stars may leave layers out and are not known as parts of a block.</summary>
    public static ModuleSelection OfNames(IReadOnlyList<string> names) => names.All(s_roles.ContainsKey)
        ? ModuleSelection.OfRoles(names.Aggregate(ModuleRoles.None, (sum, name) => sum | s_roles[name]), names)
        : ModuleSelection.OfNames(names);
}
