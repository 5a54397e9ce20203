using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The layers are written as text.</summary>
public sealed class LayersWrongType : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL145",
        Name = "layers-wrong-type",
        Category = Category.Correctness,
        Summary = "The layers are written as text instead of integers.",
        Why = "PEFT compares integers with them: a text fails with a TypeError once the model is loaded, and texts in a list never match.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2337-2362; run: a string raises TypeError"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py: a list of integers"),
            new("In words it is \"all\": " + Upstream.Guidance, "1.7"),
        ],
        // What the compiler has accepted has the right type.
        Formats = [.. LayerKeys.Formats.Where(f => f != CSharpFormat.FormatName)],
        Fix = FixSafety.Safe,
        Guidance = ["1.7"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (LayerKeys.Layers(context) is not { } layers)
            return;
        var node = layers.Value;
        var isAxolotl = context.Format.Name == "axolotl";
        if (node.IsSequence)
        {
            // Axolotl's schema turns them into integers.
            var texts = node.Items.Where(i => context.Read.Dialect.Read(i).Kind == ConfigValueKind.String).ToList();
            if (texts.Count > 0 && !isAxolotl)
            {
                Report(
                    context,
                    layers,
                    $"{layers.Key} holds texts such as \"{texts[0].Text}\", which never equal a layer's number",
                    node.Items.Select(i => i.Text));
            }

            return;
        }

        var value = context.Read.Dialect.Read(node);
        if (value.Kind == ConfigValueKind.Int && isAxolotl)
            Report(context, layers, $"{layers.Key} {node.Text} is refused by axolotl's schema, which takes a list", [node.Text]);
        else if (value.Kind == ConfigValueKind.String && value.Text.Equals("all", StringComparison.OrdinalIgnoreCase))
        {
            context.Report(
                layers,
                $"{layers.Key} does not know the word {value.Text}; without the key all layers are adapted",
                new Fix(FixSafety.Safe, $"Remove {layers.Key}", context.Edit.Remove(layers)));
        }
        else if (value.Kind == ConfigValueKind.String)
            Report(context, layers, $"{layers.Key} is the text \"{value.Text}\"", value.Text.Trim('[', ']', ' ').Split(','));
    }

    private static void Report(CheckContext context, ConfigEntry layers, string what, IEnumerable<string> parts)
    {
        var indices = new List<string>();
        var areIntegers = true;
        foreach (var part in parts)
        {
            areIntegers &= int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var index);
            indices.Add(index.ToString(CultureInfo.InvariantCulture));
        }

        var wanted = "[" + string.Join(", ", indices) + "]";
        var canFix = areIntegers && !context.Edit.HoldsComment(layers.Value.Span);
        context.Report(
            layers,
            $"{what}; write {(areIntegers ? wanted : "a list of integers such as [0, 1, 2]")}",
            canFix ? new Fix(FixSafety.Safe, $"Write {wanted}", context.Edit.Replace(layers, wanted)) : null);
    }
}
