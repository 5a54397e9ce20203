using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A target module is in the list twice.</summary>
public sealed class DuplicateTargetModule : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL148",
        Name = "duplicate-target-module",
        Category = Category.Advice,
        Summary = "A target module is written twice.",
        Why = "PEFT makes a set of the list, so the second one does nothing; often another name was meant.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/config.py: LoraConfig.__post_init__ makes a set of the list")],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: null } targets)
            return;
        foreach (var again in targets.Names.Where(n => n.Text.Length > 0).GroupBy(n => n.Text).SelectMany(g => g.Skip(1)))
        {
            context.Report(
                again.Node,
                $"{again.Text} is in the list already; remove it, or write the name that was meant",
                targets.List is { IsAlias: false } list
                    ? new Fix(FixSafety.Safe, $"Remove the second {again.Text}", context.Edit.RemoveItem(list, again.Node)) : null);
        }
    }
}
