using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>Alpha is zero or negative.</summary>
public sealed class AlphaNotPositive : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL107",
        Name = "alpha-not-positive",
        Category = Category.Correctness,
        Summary = "Alpha is not positive.",
        Why = "The adapter's output is multiplied by alpha/r: at 0 it never acts and never learns.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:277-280"),
            new("Replaced by 2r: " + Upstream.LlamaFactory, "src/llamafactory/hparams/finetuning_args.py, __post_init__"),
            new("Replaced by the rank: " + Upstream.Kohya, "networks/lora.py:71-72"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        // LLaMA-Factory's 0 is already replaced in the setting, so the written entry is looked at.
        var entry = config.Alpha.Entry is { } written && config.Alpha.Key.EndsWith(written.Key, StringComparison.Ordinal) ? written : null;
        if (entry is null || (config.Alpha.IsWritten && !config.Alpha.IsKnown) || !context.Read.TryNumber(entry.Value, out var a) || a > 0)
            return;
        var instead = context.Format.Name switch
        {
            "llama-factory" when a == 0 => "twice the rank",
            "kohya" when a == 0 => "the rank",
            _ => null,
        };
        var wanted = config.Rank.TryGet(out var r) && r > 0 ? ConfigEditor.Number(2 * r) : null;
        context.Report(
            entry,
            instead is null
                ? RunLimits.SayAlpha(entry.Key, a)!
                : $"{entry.Key} 0 does not mean 0: the framework puts {instead} in its place; write the number that is meant",
            wanted is null ? null : new Fix(FixSafety.Unsafe, $"Set {entry.Key} to {wanted}", context.Edit.Replace(entry, wanted)),
            weaker: instead is null ? null : Category.Suspicious);
    }
}
