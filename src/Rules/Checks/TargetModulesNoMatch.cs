using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The base model has none of the target modules.</summary>
public sealed class TargetModulesNoMatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL170",
        Name = "target-modules-no-match",
        Category = Category.Correctness,
        Summary = "The base model has none of the target modules.",
        Why = "PEFT finds nothing to adapt and stops, after the model was downloaded and loaded.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:1036-1046"),
            new("huggingface/peft#758"),
            new("OptimalScale/LMFlow#125"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view.Model is not { } model || view.Adapters.Count == 0
            || view.Adapters.Any(a => a.Modules.Count > 0 || a.Refused.Count > 0)
            || PeftTargetValue.Read(context.Format, context.Read) is not { } value)
            return;
        if (value.Pattern is { } pattern)
            CheckPattern(context, model, value, pattern.Text);
        else
            CheckNames(context, model, value);
    }

    private static void CheckPattern(CheckContext context, BaseModel model, PeftTargetValue value, string pattern)
    {
        if (!PythonPattern.HasSpecialCharacter(pattern) || PeftTargetValue.IsAllLinear(pattern) || !KnownModel.KnowsWholeNames(context)
            || model.Shapes.Any(s => s.Modules.Any(m => PythonPattern.FullMatch(pattern, m.Name) != false)))
            return;
        var example = model.Shape.Modules.First(m => m.IsLinear).Name;
        context.Report(
            value.Entry,
            $"no module of {KnownModel.Describe(model)} matches the pattern as a whole, so PEFT stops; the names are like {example}, the "
            + $"linear layers {KnownModel.Linears(model.Shape)}");
    }

    private static void CheckNames(CheckContext context, BaseModel model, PeftTargetValue value)
    {
        var names = KnownModel.PlainTargets(context).Select(n => n.Text).ToList();
        if (names.Count == 0 || names.Count < value.Names.Select(n => n.Text).Distinct().Count()
            || names.Any(n => model.Shapes.Any(s => KnownModel.Holds(s, n) || KnownModel.HoldsParameter(s, n))))
            return;
        var wanted = KnownModel.Counterparts(model.Shape, names);
        var written = context.Edit.Words(wanted);
        if (value.Entry.Value.IsScalar)
            written = context.Edit.Word(string.Join(",", wanted));
        var fix = wanted.Count == 0 || value.Entry.Value.IsAlias || context.Edit.HoldsComment(value.Entry.Value.Span) ? null
            : new Fix(FixSafety.Unsafe, $"Write {written}", context.Edit.Replace(value.Entry, written));
        context.Report(
            value.Entry,
            $"{KnownModel.Describe(model)} has no module called {string.Join(" or ", names)}, so PEFT stops; its linear layers are "
            + KnownModel.Linears(model.Shape),
            fix);
    }
}
