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
                + $"module, so it gets no adapter{key}");
        }
    }

    private static ModelModule? Find(BaseModel model, string name) => model.Shapes.SelectMany(s => s.Modules)
        .FirstOrDefault(m => m is { Kind: ModuleKind.Parameter, Stack: > 1 } && PeftMatching.HasName([name], m.Name));
}
