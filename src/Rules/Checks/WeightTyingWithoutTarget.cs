using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Weights are to be kept tied where none are tied or none of them is trained.</summary>
public sealed class WeightTyingWithoutTarget : Rule
{
    private static readonly string[] s_names = ["embed_tokens", "lm_head"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL185",
        Name = "weight-tying-without-target",
        Category = Category.Advice,
        Summary = "The switch ensure_weight_tying is on where it has nothing to keep together.",
        Why = "It acts only on a model whose head is its embedding, and only when one of the two is trained; PEFT warns and ignores it.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:1396-1408")],
        Formats = ["peft", "axolotl"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var key = context.Format.Name == "axolotl" ? "peft_ensure_weight_tying" : "ensure_weight_tying";
        var view = context.BaseModel;
        if (!context.Read.IsOn(key) || context.Read.Find(key) is not { } entry || view.Model is not { } model
            || view.Request is not { } request)
            return;
        var isTied = model.Shapes.All(s => s.TiesEmbeddings);
        var isTrained = request.Targets.ModulesToSave.Concat(request.Targets.Names)
            .Any(n => s_names.Contains(n.Substring(n.LastIndexOf('.') + 1)));
        if ((isTied && (isTrained || request.Targets.Pattern is not null)) || (!isTied && model.Shapes.Any(s => s.TiesEmbeddings)))
            return;
        context.Report(
            entry,
            isTied ? $"neither embed_tokens nor lm_head is trained, so {key} has no effect and PEFT warns"
                : $"embedding and head of {KnownModel.Describe(model)} are two weights, so {key} has no effect and PEFT warns",
            new Fix(FixSafety.Safe, $"Remove {key}", context.Edit.Remove(entry)));
    }
}
