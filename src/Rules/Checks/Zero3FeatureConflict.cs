using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory: ZeRO-3 beside something that needs whole weights.</summary>
public sealed class Zero3FeatureConflict : Rule
{
    private static readonly (string Key, string Instead)[] s_features =
    [
        ("use_unsloth", "use ZeRO stage 2 or none"),
        ("pissa_init", "prepare the model with scripts/pissa_init.py"),
        ("predict_with_generate", "generate in a separate run without DeepSpeed"),
        ("use_kt", "use ZeRO stage 2 or none"),
        ("pure_bf16", "use bf16: true"),
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL507",
        Name = "zero3-feature-conflict",
        Category = Category.Correctness,
        Summary = "ZeRO-3 is combined with a feature that needs whole weights.",
        Why = "Under ZeRO stage 3 each device holds a part of every weight; LLaMA-Factory refuses features that cannot work with parts.",
        Sources = [new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:485-504, 532-536")],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (DeepSpeedCompanion.Of(context) is not { Stage: 3 })
            return;
        foreach (var (key, instead) in s_features.Where(f => context.Read.IsOn(f.Key)))
        {
            context.Report(
                context.Read.Find(key)!,
                $"{key} does not go with ZeRO stage 3, and LLaMA-Factory stops; {instead}",
                new Fix(FixSafety.Unsafe, $"Set {key} to false", context.Edit.Replace(context.Read.Find(key)!, ConfigEditor.Bool(false))));
        }
    }
}
