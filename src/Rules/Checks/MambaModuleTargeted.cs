using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A projection of a state-space layer is a target, which PEFT refuses.</summary>
public sealed class MambaModuleTargeted : Rule
{
    private static readonly string[] s_models = ["falcon_h1", "mamba", "mamba2", "falcon_mamba", "nemotron_h"];
    private static readonly string[] s_modules = ["out_proj", "conv1d"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL187",
        Name = "mamba-module-targeted",
        Category = Category.Correctness,
        Summary = "A module of a Mamba layer that cannot have an adapter is a target.",
        Why = "The fast kernels of Mamba read the weights of out_proj and conv1d directly and would pass over an adapter, so PEFT refuses "
            + "both.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:145-164 (since 0.17)")],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.BaseModel.ModelType is not { } type || !s_models.Contains(type)
            || PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: null } targets)
            return;
        var wrong = targets.Names.Where(n => s_modules.Contains(LastPart(n.Text))).ToList();
        // A list is left with something in it.
        var canRemove = targets.List is { IsAlias: false, IsFlow: var isFlow } && wrong.Count < targets.Names.Count
            && (!isFlow || wrong.Count == 1);
        foreach (var name in wrong)
        {
            context.Report(
                name.Node,
                $"{name.Text} cannot have an adapter in a model of type {type}, and PEFT stops at it; leave it out, in_proj and the "
                + "attention's projections can have one",
                canRemove ? new Fix(FixSafety.Safe, $"Remove {name.Text}", context.Edit.RemoveItem(targets.List!, name.Node)) : null);
        }
    }

    private static string LastPart(string name) => name.Substring(name.LastIndexOf('.') + 1);
}
