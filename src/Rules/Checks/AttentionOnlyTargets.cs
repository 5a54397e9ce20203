using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>Adapters sit on attention alone.</summary>
public sealed class AttentionOnlyTargets : Rule
{
    // Names of encoders and diffusion models, for which attention alone is the usual choice and was not compared.
    private static readonly string[] s_otherModels =
        ["query", "key", "value", "query_proj", "key_proj", "value_proj", "to_q", "to_k", "to_v"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL134",
        Name = "attention-only-targets",
        Category = Category.Advice,
        Summary = "Only attention gets adapters.",
        Why = "In every comparison found, adapters on all linear layers learnt more than adapters on attention, also at equal parameter "
            + "count.",
        Sources =
        [
            new(Upstream.Guidance, "2.48: beyond attention when facts are to be learnt; 2.26"),
            new(Upstream.Qlora, "figure 2: all linear layers are needed to match full fine-tuning"),
            new(Upstream.WithoutRegret, "attention alone at rank 256 loses to the MLP alone at rank 128"),
            new(Upstream.Biderman, "figure 7: most of the gain is in the MLP"),
            new("Against it: " + Upstream.Guidance, "1.19, 1.35, 2.24, 2.25: attention first"),
            new("Against it: " + Upstream.Lora, "table 5: query and value, compared within attention only"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["1.19", "1.35", "2.24", "2.25", "2.26", "2.48"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var targets = config.TargetModules;
        if (targets.Origin is SettingOrigin.Default or SettingOrigin.Absent || !targets.TryGet(out var modules) || !modules.IsAttentionOnly
            || config.Task is not (TrainingTask.Unknown or TrainingTask.SupervisedFineTuning or TrainingTask.Pretraining)
            || modules.Names.Any(n => s_otherModels.Contains(n))
            || TargetParameters.MayBe(context))
            return;
        var isQueryValue = modules.Roles == (ModuleRoles.Query | ModuleRoles.Value);
        context.Report(
            targets,
            (isQueryValue ? $"only {modules} get adapters" : $"only attention ({modules}) gets adapters")
            + ": QLoRA, Biderman et al. and LoRA Without Regret match full fine-tuning only with all linear layers, the MLP above all. "
            + (isQueryValue ? "Query and value are the first LoRA paper's choice and many defaults'" : "Attention first is what both "
                + "articles advise")
            + ", and enough for style or where memory is short; for new facts, code or reasoning adapt all linear layers",
            FixOf(context));
    }

    // The word for all linear layers is a string (in our records a switch), which cannot go with layers chosen beside it.
    private static Fix? FixOf(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { } value || context.Edit.HoldsComment(value.Entry.Value.Span)
            || (value.Entry.Key != PeftTargetValue.KeyOf(context.Format.Name) && context.Format is not CSharpFormat)
            || context.Read.Has("layers_to_transform") || context.Read.Has("peft_layers_to_transform"))
            return null;
        if (context.Format is CSharpFormat)
            return AllLinearSwitch.Fix(context, value.Entry, FixSafety.Unsafe);
        if (context.Format.Name == "axolotl" && context.Read.Find("lora_target_linear") is null)
        {
            IReadOnlyList<TextEdit> edits =
                [context.Edit.Rename(value.Entry, "lora_target_linear"), context.Edit.Replace(value.Entry, ConfigEditor.Bool(true))];
            return new Fix(FixSafety.Unsafe, "Write lora_target_linear: true instead", edits);
        }

        var word = context.Edit.Word(context.Format.Name == "llama-factory" ? "all" : "all-linear");
        return new Fix(FixSafety.Unsafe, $"Set {value.Entry.Key} to {word}", context.Edit.Replace(value.Entry, word));
    }
}
