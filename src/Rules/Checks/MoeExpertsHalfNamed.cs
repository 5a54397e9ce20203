using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>One of two projections of the experts is named, which newer libraries keep in one parameter.</summary>
public sealed class MoeExpertsHalfNamed : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL186",
        Name = "moe-experts-half-named",
        Category = Category.Suspicious,
        Summary = "Of two projections that are one parameter only one is a target module.",
        Why = "Since version 5 transformers stacks gate and up projections of all experts in one parameter; PEFT stops when one of them is "
            + "named alone.",
        Sources = [new(Upstream.Peft, "src/peft/utils/transformers_weight_conversion.py:461-470")],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view is not { Request: not null, Model: { } model }
            || model.Shapes.Select(s => s.RenamedExperts).FirstOrDefault(r => r is not null) is not { } renamed)
            return;
        var halves = renamed.Where(r => r.Value == "gate_up_proj").Select(r => r.Key).ToList();
        var named = KnownModel.PlainTargets(context).Where(n => halves.Any(h => PeftMatching.HasName([h], n.Text))).ToList();
        if (named.Count != 1)
            return;
        var other = halves.First(h => !PeftMatching.HasName([h], named[0].Text));
        var list = PeftTargetValue.Read(context.Format, context.Read)!.List;
        context.Report(
            named[0],
            $"{named[0].Text} of {KnownModel.Describe(model)} is one parameter with {other} in transformers 5, and PEFT stops unless both "
            + $"are named; add {other}",
            list is { IsAlias: false }
                ? new Fix(FixSafety.Unsafe, $"Add {other}", context.Edit.ReplaceItem(
                    list, named[0].Node, [context.Edit.Word(named[0].Text), context.Edit.Word(other)])) : null);
    }
}
