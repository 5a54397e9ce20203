using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;

namespace LoraLint.Rules.Runs.Resolving;

/// <summary>The names in Hugging Face models of the parts that torchtune and litgpt choose by switches of their own.</summary>
internal static class ModuleRoleNames
{
    private static readonly (ModuleRoles Role, string Name)[] s_names =
    [
        (ModuleRoles.Query, "q_proj"), (ModuleRoles.Key, "k_proj"), (ModuleRoles.Value, "v_proj"), (ModuleRoles.Output, "o_proj"),
        (ModuleRoles.Gate, "gate_proj"), (ModuleRoles.Up, "up_proj"), (ModuleRoles.Down, "down_proj"), (ModuleRoles.Head, "lm_head"),
    ];

    /// <summary>The selection by Hugging Face's names.</summary>
    public static Setting<ModuleSelection> Named(Setting<ModuleSelection> modules) => modules.Select(m =>
        ModuleSelection.OfNames([.. s_names.Where(n => (m.Roles & n.Role) != 0).Select(n => n.Name)]));
}
