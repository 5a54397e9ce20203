using LoraLint.Rules.Configs;
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
        Fix = FixSafety.Unsafe,
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
            FromEnd(context, layers, items) ?? (isAll ? null : AskedFix.Keep(context, layers, [.. items.Except(negative)])),
            weaker: isAll ? null : Category.Suspicious);
    }

    // Counted from the end, as Python's lists are, where the number of layers is known.
    private static Fix? FromEnd(CheckContext context, ConfigEntry layers, IReadOnlyList<ConfigNode> items)
    {
        if (context.BaseModel.Model is not { Shape.Layers: > 0 and var count } || context.Document.Language == ConfigLanguage.Shell)
            return null;
        var counted = new List<long>();
        foreach (var item in items)
        {
            if (!context.Read.TryNumber(item, out var index) || index < -count)
                return null;
            counted.Add((long)(index < 0 ? index + count : index));
        }

        var value = string.Join(", ", counted.Distinct().Select(l => l.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        return AskedFix.Set(context, layers, layers.Value.IsSequence ? $"[{value}]" : value);
    }
}
