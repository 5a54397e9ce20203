using System.Globalization;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>Modules that are alike but for their layer and expert.</summary>
/// <param name="Name">Their name with a star for the numbers that differ: <c>model.layers.*.self_attn.q_proj</c>.</param>
/// <param name="Modules">The modules.</param>
public sealed record ModuleGroup(string Name, IReadOnlyList<AdaptedModule> Modules)
{
    /// <summary>One of them, for what they share: sizes and rank.</summary>
    public AdaptedModule First => Modules[0];

    /// <summary>The parameters of all their adapters.</summary>
    public long Parameters => Modules.Sum(m => m.Parameters);

    /// <summary>Groups modules, in the order of the model.</summary>
    public static IReadOnlyList<ModuleGroup> Of(IEnumerable<AdaptedModule> modules) =>
    [
        .. modules
            .GroupBy(m => (Name: NameOf(m.Module), m.Rank, m.Module.Inputs, m.Module.Outputs))
            .Select(g => new ModuleGroup(g.Key.Name, [.. g])),
    ];

    private static string NameOf(ModelModule module)
    {
        if (module.Layer is null)
            return module.Name;
        var parts = module.Name.Split('.');
        Star(parts, module.Layer, 0);
        Star(parts, module.Expert, Array.IndexOf(parts, "*") + 1);
        return string.Join(".", parts);
    }

    private static void Star(string[] parts, int? number, int start)
    {
        var at = number is { } n ? Array.IndexOf(parts, n.ToString(CultureInfo.InvariantCulture), start) : -1;
        if (at >= 0)
            parts[at] = "*";
    }
}
