using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The router of a mixture of experts gets an adapter.</summary>
public sealed class MoeRouterTargeted : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL175",
        Name = "moe-router-targeted",
        Category = Category.Correctness,
        Summary = "The router of a mixture of experts is a target module.",
        Why = "An adapter on the router changes which experts see a token, which unbalances them; where the router is a module of its own "
            + "class PEFT stops.",
        Sources =
        [
            new("unslothai/unsloth#4476"),
            new(Upstream.Peft, "src/peft/tuners/lora/model.py:451-456; src/peft/utils/transformers_weight_conversion.py:332"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.BaseModel is not { Request: not null, Model: { Dimensions: { Experts: > 0 } size } model })
            return;
        foreach (var name in KnownModel.PlainTargets(context))
        {
            var routers = model.Shapes.Select(s => Router(s, size, name.Text)).ToList();
            // Not while the name stands for something else too.
            if (routers.Any(r => r is null))
                continue;
            var stops = model.Shapes.Zip(routers, (s, r) => r!.Kind == ModuleKind.Other && s.RenamedExperts is null).All(stop => stop);
            var list = PeftTargetValue.Read(context.Format, context.Read)!.List;
            context.Report(
                name,
                $"{name.Text} is the router of {KnownModel.Describe(model)}, which sends a token to {size.ExpertsPerToken} of "
                + $"{size.Experts} experts; "
                + (stops ? "PEFT has no adapter for a module of its class and stops; leave it out"
                    : "an adapter on it changes the routing that the experts were trained with; leave it out unless that is meant"),
                list is { IsAlias: false, Items.Count: > 1 }
                    ? new Fix(FixSafety.Unsafe, $"Remove {name.Text}", context.Edit.RemoveItem(list, name.Node)) : null,
                weaker: stops ? null : Category.Suspicious);
        }
    }

    private static ModelModule? Router(ModelShape shape, ModelDimensions size, string name) =>
        shape.Modules.FirstOrDefault(m => IsRouter(m, size) && PeftMatching.HasName([name], m.Name));

    private static bool IsRouter(ModelModule module, ModelDimensions size) =>
        module.Layer is not null && module.Outputs == size.Experts && module.Inputs == size.Hidden
        && module.Kind is ModuleKind.Other or ModuleKind.Linear && module.LastPart is "gate" or "router";
}
