using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The rank is a fraction, a boolean, a list or a word.</summary>
public sealed class RankNotInteger : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL102",
        Name = "rank-not-integer",
        Category = Category.Correctness,
        Summary = "The rank is not an integer.",
        Why = "The rank is a dimension of two matrices; anything but an integer is refused when they are built, or earlier by the schema.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:263-264: the size of two linear layers"),
            new(Upstream.Unsloth, "unsloth/models/llama.py:3141"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py:53: 8.0 passes there, 8.5 does not"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var rank = context.Config.Rank;
        if (!rank.IsWritten || rank.Entry is not { Value.IsUnknown: false } entry)
            return;
        var node = entry.Value;
        if (!rank.TryGet(out var r))
        {
            // A number that does not count because a saved adapter brings its own.
            if (context.Read.TryNumber(node, out _))
                return;
            var shown = node.IsScalar ? "\"" + node.Text + "\"" : node.IsSequence ? "a list" : "a mapping";
            if (!node.IsSequence || node.Items.All(i => !i.IsUnknown))
                context.Report(rank, $"{rank.Key} is {shown}, but a rank is one integer such as 16");
            return;
        }

        var value = context.Read.Dialect.Read(node);
        if (r != Math.Floor(r))
            context.Report(rank, $"{rank.Key} {ConfigEditor.Number(r)} is no integer, and a matrix has no such dimension; choose a whole "
                + "rank");
        else if (value.Kind == ConfigValueKind.Float
            && context.Format.Name is not ("axolotl" or "kohya" or "loralint" or OwnSchemaFormat.FormatName))
        {
            var whole = ConfigEditor.Number(r);
            context.Report(
                rank,
                $"{rank.Key} {node.Text} is a float, which is refused as the size of a matrix; write {whole}",
                new Fix(FixSafety.Safe, $"Write {whole}", context.Edit.Replace(entry, whole)));
        }
        else if (value.Kind == ConfigValueKind.String && node.Style != ScalarStyle.Plain
            && ValueTypeMismatch.TakesAsWritten(context.Format))
        {
            var whole = ConfigEditor.Number(r);
            context.Report(
                rank,
                $"{rank.Key} is a number in quotes, which stays text, and no matrix has a text for its size; write {whole}",
                new Fix(FixSafety.Safe, $"Write {whole} without quotes", context.Edit.Replace(entry, whole)));
        }
    }
}
