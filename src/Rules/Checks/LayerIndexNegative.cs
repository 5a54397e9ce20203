using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A layer is counted from the end.</summary>
public sealed class LayerIndexNegative : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL143",
        Name = "layer-index-negative",
        Category = Category.Correctness,
        Summary = "A layer's index is negative.",
        Why = "PEFT compares the index with the number in the module's name and does not count from the end, so a negative one matches no "
            + "layer.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2355-2362; run: [-1] matches nothing"),
            new(Upstream.Guidance, "1.7"),
        ],
        Formats = LayerKeys.Formats,
        Guidance = ["1.7"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (LayerKeys.Layers(context) is not { } layers)
            return;
        var items = layers.Value.IsSequence ? layers.Value.Items : [layers.Value];
        var negative = items.Where(i => context.Read.TryNumber(i, out var index) && index < 0).ToList();
        if (negative.Count == 0)
            return;
        var isAll = negative.Count == items.Count;
        context.Report(
            negative.Count == 1 ? negative[0] : layers.Value,
            RunLimits.SayLayers(layers.Key, negative.Select(i => i.Text), isAll),
            weaker: isAll ? null : Category.Suspicious);
    }
}
