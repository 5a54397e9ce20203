using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The experts of a mixture are named among the target modules and are no modules.</summary>
public sealed class MoeExpertsNeedTargetParameters : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL174",
        Name = "moe-experts-need-target-parameters",
        Category = Category.Suspicious,
        Summary = "A target module names experts that are one stacked parameter.",
        Why = "Target modules reach modules only: the experts, most of the model, stay without adapters, and PEFT does not say so.",
        Sources =
        [
            new(Upstream.Peft, "docs/source/package_reference/lora.md: target_parameters; src/peft/tuners/tuners_utils.py:1200"),
            new("huggingface/peft#2527"),
            new("unslothai/unsloth#4476"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view.Model is not { } model || view.Request is not { } request)
            return;
        foreach (var name in KnownModel.PlainTargets(context))
        {
            if (model.Shapes.Any(s => KnownModel.Holds(s, name.Text)) || Find(model, name.Text) is not { } parameter
                || PeftMatching.HasName(request.TargetParameters, parameter.Name))
                continue;
            var parts = parameter.Name.Split('.');
            var wanted = string.Join(".", parts.Skip(Array.IndexOf(parts, "mlp")));
            var key = context.Format.Name switch
            {
                "axolotl" or "trl" => $"; name it in lora_target_parameters: {wanted}",
                "llama-factory" => ", and LLaMA-Factory hands PEFT no target parameters; leave it out",
                _ => $"; name it in target_parameters: {wanted}",
            };
            context.Report(
                name,
                $"{name.Text} of {KnownModel.Describe(model)} is one parameter with the weights of all {parameter.Stack} experts and no "
                + $"module, so it gets no adapter{key}",
                context.Config.Dropout.Or(1) == 0 ? Move(context, name.Node, wanted) : null);
        }
    }

    // Out of the modules and into the parameters, which take no dropout.
    private static Fix? Move(CheckContext context, ConfigNode node, string wanted)
    {
        var key = context.Format.Name switch
        {
            "axolotl" or "trl" => "lora_target_parameters",
            "llama-factory" => null,
            _ => "target_parameters",
        };
        if (key is null || context.Format is CSharpFormat || PeftTargetValue.Read(context.Format, context.Read)?.Entry is not { } targets
            || targets is not { IsMerged: false, Value: { IsSequence: true, IsAlias: false, Items.Count: > 1 } } || node.IsAlias
            || !targets.Value.Items.Contains(node) || context.Read.Find(key) is { IsMerged: true } or { Value.IsAlias: true }
            || context.Document.Language == ConfigLanguage.Shell)
            return null;
        return new Fix(
            FixSafety.Unsafe,
            $"Name {wanted} in {key}",
            [
                context.Edit.RemoveItem(targets.Value, node),
                context.Read.Find(key) is not { } there ? context.Edit.InsertAfter(targets, key, context.Edit.Words([wanted]))
                    : there.Value is { IsSequence: true, Items.Count: > 0 } list
                    ? context.Edit.ReplaceItem(list, list.Items.Last(), [list.Items.Last().Text, context.Edit.Word(wanted)])
                    : context.Edit.Replace(there, context.Edit.Words([wanted])),
            ]);
    }

    private static ModelModule? Find(BaseModel model, string name) => model.Shapes.SelectMany(s => s.Modules)
        .FirstOrDefault(m => m is { Kind: ModuleKind.Parameter, Stack: > 1 } && PeftMatching.HasName([name], m.Name));
}
