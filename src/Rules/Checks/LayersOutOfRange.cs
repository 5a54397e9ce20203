using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A layer is chosen that the base model does not have.</summary>
public sealed class LayersOutOfRange : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL176",
        Name = "layers-out-of-range",
        Category = Category.Correctness,
        Summary = "A layer is chosen that the base model does not have.",
        Why = "PEFT compares the index with the number in the module's name, so a layer that is not there is passed over in silence; when "
            + "none is left it stops.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2335-2362; run: [99] matches nothing"),
            new(Upstream.Guidance, "1.7"),
        ],
        Formats = LayerKeys.Formats,
        Guidance = ["1.7"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (LayerKeys.Layers(context) is not { } layers || context.BaseModel.Model is not { } model || model.Shape.Layers == 0)
            return;
        var count = model.Shapes.Max(s => s.Layers);
        var items = layers.Value.IsSequence ? layers.Value.Items : [layers.Value];
        var beyond = items.Where(i => context.Read.TryNumber(i, out var index) && index >= count).ToList();
        if (beyond.Count == 0)
            return;
        var isAll = beyond.Count == items.Count;
        context.Report(
            beyond.Count == 1 ? beyond[0] : layers.Value,
            $"{KnownModel.Describe(model)} has layers 0 to {ConfigEditor.Number(count - 1)}, so {layers.Key} "
            + string.Join(", ", beyond.Select(i => i.Text)) + " matches none"
            + (isAll ? ": nothing is adapted and PEFT stops" : "; leave it out"),
            isAll ? null : AskedFix.Keep(context, layers, [.. items.Except(beyond)]),
            weaker: isAll ? null : Category.Suspicious);
    }
}
