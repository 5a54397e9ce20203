using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A name among the modules to save also ends the names of others.</summary>
public sealed class ModulesToSaveSuffixCollision : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL181",
        Name = "modules-to-save-suffix-collision",
        Category = Category.Suspicious,
        Summary = "A name among the modules to save also ends the names of other modules.",
        Why = "PEFT compares the ends of names letter by letter, not at a dot, so norm also takes input_layernorm of every layer.",
        Sources = [new(Upstream.Peft, "src/peft/utils/other.py:1074: key.endswith(target_key)")],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var saved = context.Config.ModulesToSave;
        if (!saved.IsWritten || !saved.TryGet(out var names) || context.BaseModel is not { Request: not null, Model: { } model })
            return;
        foreach (var name in names.Where(n => n.Length > 0).Distinct())
        {
            var others = model.Shapes.Select(s => Others(s, name)).ToList();
            if (others.Any(o => o.Count == 0))
                continue;
            var list = saved.Entry!.Value;
            var item = list.IsSequence ? list.Items.FirstOrDefault(i => i.Text == name) : null;
            context.Report(
                item?.Span ?? list.Span,
                $"{name} also ends the name of {string.Join(", ", others[0].Select(LastPart).Distinct())} in {KnownModel.Describe(model)}, "
                + $"so {others[0].Count} more modules are trained in full, {others[0][0]} for one; write the whole name of the one that is "
                + "meant",
                list.IsSequence && item is { IsAlias: false } && WholeName(model, name) is { } whole
                    ? new Fix(
                        FixSafety.Unsafe, $"Write {whole}", context.Edit.ReplaceItem(list, item, [context.Edit.Word(whole)])) : null);
        }
    }

    // The one module that the name is meant for, where it is the same in all versions and ends no other name.
    private static string? WholeName(BaseModel model, string name)
    {
        var meant = model.Shapes.SelectMany(s => s.Modules).Select(m => m.Name)
            .Where(n => PeftMatching.HasName([name], n)).Distinct().ToList();
        return meant.Count == 1 && meant[0] != name && model.Shapes.All(s => Others(s, meant[0]).Count == 0) ? meant[0] : null;
    }

    private static string LastPart(string name) => name.Substring(name.LastIndexOf('.') + 1);

    private static IReadOnlyList<string> Others(ModelShape shape, string name) =>
    [
        .. shape.Modules.Where(m => m.Kind != ModuleKind.Parameter).Select(m => m.Name).Concat(shape.Containers)
            .Where(n => n.EndsWith(name, StringComparison.Ordinal) && !PeftMatching.HasName([name], n)),
    ];
}
