using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>More layers are to get adapters than the base model has.</summary>
public sealed class MlxNumLayersRange : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL946",
        Name = "mlx-num-layers-range",
        Category = Category.Correctness,
        Summary = "More layers are to be trained than the base model has.",
        Why = "Asked to train more layers than there are, mlx-lm stops; -1 stands for all of them.",
        Sources = [new(Upstream.MlxLm, "mlx_lm/lora.py:233-237: requested to train more layers than the model has")],
        Formats = ["mlx-lm"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var layers = context.Read.Number("num_layers");
        if (!layers.IsWritten || !layers.TryGet(out var count) || context.BaseModel.Model is not { } model
            || count <= model.Shape.Layers)
            return;
        context.Report(
            layers,
            $"{KnownModel.Describe(model)} has {ConfigEditor.Number(model.Shape.Layers)} layers, so mlx-lm stops; -1 stands for all",
            new Fix(FixSafety.Unsafe, "Set num_layers to -1", context.Edit.Replace(layers.Entry!, "-1")));
    }
}
