using System.Globalization;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A target is the full name of a module in a layer that is not among those chosen, and gets an adapter all the same.</summary>
public sealed class LayersFilterBypassed : Rule
{
    private static readonly string[] s_roots = ["model.", "transformer.", "gpt_neox."];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL147",
        Name = "layers-filter-bypassed",
        Category = Category.Suspicious,
        Summary = "A target module in full lies in a layer that is not among the layers chosen.",
        Why = "PEFT takes a target that equals a module's full name before it looks at the layers, so the module gets an adapter although "
            + "its layer was left out.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2328-2362: an exact name is taken before the layers are looked at; run"),
        ],
        Formats = LayerKeys.Formats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (LayerKeys.Layers(context) is not { } layers || !context.Config.Layers.TryGet(out var chosen)
            || chosen.Indices is not { } indices
            || PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: null } targets)
            return;
        foreach (var name in targets.Names)
        {
            if (!s_roots.Any(r => name.Text.StartsWith(r, StringComparison.Ordinal)) || LayerOf(name.Text) is not { } layer
                || indices.Contains(layer))
                continue;
            context.Report(
                name,
                $"{name.Text} is a full name, so it gets an adapter although layer {layer.ToString(CultureInfo.InvariantCulture)} is not "
                + $"in {layers.Key} {chosen}; write the part behind the layer, or choose the layer too",
                targets.Names.Count(n => n.Node == name.Node) == 1 && targets.Entry.Value.IsSequence && !name.Node.IsAlias
                    && !targets.Names.Any(n => n.Text == Behind(name.Text)) ? new Fix(
                        FixSafety.Unsafe,
                        $"Write {Behind(name.Text)}",
                        context.Edit.ReplaceItem(targets.Entry.Value, name.Node, [context.Edit.Word(Behind(name.Text))]))
                    : null,
                related: context.Beside(layers));
        }
    }

    // What is behind the layer's number.
    private static string Behind(string name) =>
        string.Join(".", name.Split('.').SkipWhile(p => !p.All(c => c is >= '0' and <= '9')).Skip(1));

    private static long? LayerOf(string name)
    {
        var parts = name.Split('.');
        for (var i = 1; i + 1 < parts.Length; i++)
        {
            if (long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out var layer))
                return layer;
        }

        return null;
    }
}
