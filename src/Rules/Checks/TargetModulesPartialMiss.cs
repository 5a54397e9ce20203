using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The base model has some of the target modules and not others.</summary>
public sealed class TargetModulesPartialMiss : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL171",
        Name = "target-modules-partial-miss",
        Category = Category.Suspicious,
        Summary = "The base model lacks some of the target modules.",
        Why = "PEFT says nothing as long as one name matches, so a part of the model stays without adapters and nobody notices.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:1025-1080: only no match at all is an error; run: silent"),
            new("huggingface/peft#1959"),
            new("huggingface/peft#3554"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view.Model is not { } model || view.Request is null)
            return;
        var names = KnownModel.PlainTargets(context);
        var missing = names.Where(n => !model.Shapes.Any(s => KnownModel.Holds(s, n.Text))).ToList();
        if (missing.Count == names.Count && !view.Request.TargetsLinearNames)
            return;
        // What one fix writes the next need not.
        var listed = names.Select(n => n.Text).ToList();
        var written = new HashSet<string>(listed, StringComparer.Ordinal);
        foreach (var name in missing.Where(n => !model.Shapes.Any(s => KnownModel.HoldsParameter(s, n.Text))))
            Report(context, model, listed, written, name);
    }

    private static void Report(
        CheckContext context, BaseModel model, List<string> listed, HashSet<string> written, PeftTargetName name)
    {
        var counterparts = KnownModel.Counterparts(model.Shape, [name.Text]);
        var others = counterparts.Where(written.Add).ToList();
        var hint = others.Count > 0 ? $"what it is elsewhere is {string.Join(", ", others)} here"
            : counterparts.Count > 0 ? $"what it is elsewhere is {string.Join(", ", counterparts)} here"
                + (counterparts.All(c => listed.Contains(c)) ? ", which is in the list" : "")
            : $"its linear layers are {KnownModel.Linears(model.Shape)}";
        var list = PeftTargetValue.Read(context.Format, context.Read)!.List;
        var fix = list is not { IsAlias: false, Items.Count: > 1 } ? null
            : others.Count > 0
            ? new Fix(
                FixSafety.Unsafe,
                $"Write {string.Join(", ", others)}",
                context.Edit.ReplaceItem(list, name.Node, others.Select(context.Edit.Word)))
            : new Fix(FixSafety.Unsafe, $"Remove {name.Text}", context.Edit.RemoveItem(list, name.Node));
        context.Report(
            name.Node,
            $"{KnownModel.Describe(model)} has no module called {name.Text}, and PEFT does not say so because other names match; {hint}",
            fix);
    }
}
