using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A module is to be trained in full that the base model does not have.</summary>
public sealed class ModulesToSaveNoMatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL180",
        Name = "modules-to-save-no-match",
        Category = Category.Suspicious,
        Summary = "A module to be trained in full is not in the base model.",
        Why = "PEFT passes over a name that matches nothing without a word, so what should be trained stays frozen.",
        Sources = [new(Upstream.Peft, "src/peft/utils/other.py:1052-1130: strict_module_check is off")],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var saved = context.Config.ModulesToSave;
        if (!saved.IsWritten || !saved.TryGet(out var names) || context.BaseModel is not { Request: not null, Model: { } model }
            || (context.Format.Name == "peft" && !KnownModel.KnowsWholeNames(context))
            || (model.ModelType is { } type && ModelLayouts.HasTaskHeads(type)))
            return;
        foreach (var name in names.Where(n => n.Length > 0).Distinct())
        {
            if (model.Shapes.Any(s => AdapterShape.SavedModules(s, [name]).Count > 0))
                continue;
            var list = saved.Entry!.Value;
            var item = list.IsSequence ? list.Items.FirstOrDefault(i => i.Text == name) : null;
            context.Report(
                item?.Span ?? list.Span,
                model.Shapes.Any(s => KnownModel.HoldsParameter(s, name))
                    ? $"{name} of {KnownModel.Describe(model)} is a parameter and no module, so it stays frozen; PEFT's target_parameters "
                        + "give such a one an adapter"
                    : $"{KnownModel.Describe(model)} has no module whose name ends with {name}, so nothing of it is trained in full; its "
                        + $"embedding is {Shown(model.Shape.Embedding)}, its head {Shown(model.Shape.Head)}",
                list.IsSequence && item is not null
                    ? AskedFix.Keep(context, saved.Entry, [.. list.Items.Where(i => i != item)]) : null);
        }
    }

    private static string Shown(string? name) => name ?? "not known";
}
