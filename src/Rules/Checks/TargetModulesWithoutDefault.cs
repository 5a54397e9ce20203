using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>No target modules are named, and PEFT knows none for the architecture.</summary>
public sealed class TargetModulesWithoutDefault : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL172",
        Name = "target-modules-without-default",
        Category = Category.Correctness,
        Summary = "No target modules are named, and PEFT has no default for the architecture.",
        Why = "PEFT has default target modules for some forty architectures; for any other it stops when none are named.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/model.py:590-600, src/peft/utils/constants.py:67-108")],
        Formats = ["peft", "trl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.BaseModel.Model is not { ModelType: { } type } model || ModelCatalog.DefaultTargets(type) is not null
            || PeftTargetValue.KeyOf(context.Format.Name) is not { } key || context.Read.Has(key) || TargetParameters.MayBe(context)
            || (context.Format.Name == "trl" && !context.Read.IsOn("use_peft")))
            return;
        var behind = context.Config.Rank.Entry ?? context.Config.BaseModel.Entry!;
        var blank = context.Read.Find(key);
        var word = context.Edit.Word("all-linear");
        var edit = blank is not null ? context.Edit.Replace(blank, word) : context.Edit.InsertAfter(behind, key, word);
        context.Report(
            blank ?? behind,
            $"{key} is not set, and PEFT has no default for {type} models, so it stops; write all-linear, or some of "
            + KnownModel.Linears(model.Shape),
            new Fix(FixSafety.Unsafe, $"Set {key} to all-linear", edit));
    }
}
