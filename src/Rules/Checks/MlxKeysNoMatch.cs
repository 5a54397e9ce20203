using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>mlx-lm: a key among the modules is no path within a layer, so it matches nothing.</summary>
public sealed class MlxKeysNoMatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL948",
        Name = "mlx-keys-no-match",
        Category = Category.Correctness,
        Summary = "A key in lora_parameters.keys is the last part of a module's name, not its path within the layer.",
        Why = "Keys are compared with whole paths such as self_attn.q_proj; a bare q_proj equals none, so the module silently gets no "
            + "adapter, and with no match at all nothing is trained.",
        Sources = [new(Upstream.MlxLm, "mlx_lm/tuner/utils.py:104-111: `if k in keys` over l.named_modules() and model.named_modules()")],
        Formats = ["mlx-lm"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Read.Find("lora_parameters.keys") is not { Value: { IsSequence: true } list })
            return;
        var items = list.Items.Where(i => i.IsScalar && context.Read.TryText(i, out _)).ToList();
        var bare = items.Where(i => i.Text.IndexOf('.') < 0 && ModuleNames.IsInsideBlocks(i.Text)).ToList();
        var isAll = bare.Count > 0 && bare.Count == list.Items.Count;
        foreach (var item in bare)
        {
            var path = PathOf(context, item.Text);
            var example = path ?? "self_attn.q_proj";
            context.Report(
                item,
                $"mlx-lm compares {item.Text} with whole paths within a layer, such as {example}, so it matches nothing"
                + (isAll ? " and no module gets an adapter" : "") + (path is null ? "; write the path" : $"; write {path}"),
                path is null || list.IsAlias || items.Any(i => i.Text == path) ? null
                    : new Fix(FixSafety.Unsafe, $"Write {path}", context.Edit.Replace(item, path)),
                weaker: isAll ? null : Category.Suspicious);
        }
    }

    // Where the model is known the path is read from it; mlx-lm keeps the names of transformers in its layers.
    private static string? PathOf(CheckContext context, string name)
    {
        var module = context.BaseModel.Model?.Shape.Modules
            .FirstOrDefault(m => m.Layer is not null && m.Expert is null && m.LastPart == name);
        if (module is null)
            return null;
        var parts = module.Name.Split('.');
        var layer = Array.FindIndex(parts, p => p.Length > 0 && p.All(char.IsDigit));
        return layer < 0 || layer + 1 >= parts.Length ? null : string.Join(".", parts.Skip(layer + 1));
    }
}
