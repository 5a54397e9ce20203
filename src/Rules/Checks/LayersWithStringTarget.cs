using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Layers are chosen beside target modules that are a string.</summary>
public sealed class LayersWithStringTarget : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL140",
        Name = "layers-with-string-target",
        Category = Category.Correctness,
        Summary = "Layers are chosen while the target modules are a string.",
        Why = "A string is a regular expression over whole names, layers included, so PEFT refuses a choice of layers beside it.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/config.py:1019-1026")],
        Formats = LayerKeys.Formats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: { } pattern } value)
            return;
        var chosen = new[] { LayerKeys.Layers(context), LayerKeys.Pattern(context) }.OfType<ConfigEntry>();
        foreach (var entry in chosen.Where(e => !e.Value.IsUnknown))
        {
            context.Report(
                entry,
                $"{entry.Key} is refused because {value.Entry.Key} is the string \"{pattern.Text}\"; write the modules as a list, or the "
                + "layers into the regular expression",
                // A name without a pattern belongs into a list, and target-modules-bare-string puts it there.
                !PythonPattern.HasSpecialCharacter(pattern.Text) && !PeftTargetValue.IsAllLinear(pattern.Text) ? null
                : AllLinear(context, pattern.Text) is { } names ? AskedFix.Set(context, value.Entry, names)
                : AskedFix.Remove(context, entry));
        }
    }

    private static string? AllLinear(CheckContext context, string pattern) =>
        PeftTargetValue.IsAllLinear(pattern) && context.BaseModel.Model is { Shapes.Count: 1, NamesAreOfFiles: false } model
            ? context.Edit.Words(model.Shape.LinearNames()) : null;
}
