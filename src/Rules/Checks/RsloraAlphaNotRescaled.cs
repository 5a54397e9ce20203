using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>rsLoRA is on and alpha was chosen as for plain LoRA.</summary>
public sealed class RsloraAlphaNotRescaled : Rule
{
    private static readonly RuleOption s_maxScaling = new(
        "max-scaling", 4, "A greater scaling is reported. No source fixes the number; 2 is what alpha = 2r gives without rsLoRA.");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL110",
        Name = "rslora-alpha-not-rescaled",
        Category = Category.Suspicious,
        Summary = "With rsLoRA alpha is as large as without it, so the scaling is high.",
        Why = "The scaling of rsLoRA divides alpha by the square root of the rank: alpha = 2r, kept from plain LoRA, then multiplies the "
            + "output by 2*sqrt(r).",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:277-278"),
            new(Upstream.Rslora, "theorem 3.2: the scaling has to fall with the square root of the rank"),
            new("Against it: " + Upstream.Peft, "method_comparison/MetaMathQA: rank 64, alpha 64 (scaling 8) scored best of its group, "
                + "and forgot more"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["1.12"],
        Options = [s_maxScaling],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.UseRslora.Or(false) || config.Task == TrainingTask.Diffusion || !config.Rank.TryGet(out var r) || r <= 0
            || !config.Alpha.TryGet(out var a) || a / Math.Sqrt(r) <= context.Option(s_maxScaling))
            return;
        var scaling = ConfigEditor.Number(Math.Round(a / Math.Sqrt(r), 2));
        var wanted = ConfigEditor.Number(Math.Max(1, Math.Round(2 * Math.Sqrt(r))));
        var at = config.Alpha.IsWritten ? (ISetting)config.Alpha : config.UseRslora;
        context.Report(
            at,
            $"with {config.UseRslora.Key} the scaling is alpha/sqrt(r) = {ConfigEditor.Number(a)}/sqrt({ConfigEditor.Number(r)}) = "
            + $"{scaling}, where plain LoRA would give {ConfigEditor.Number(Math.Round(a / r, 3))}; alpha {wanted} gives about 2. PEFT's "
            + "own comparison did well with a scaling of 8 at 1e-4, so a tuned learning rate may want it",
            config.Alpha.IsWritten
                ? new Fix(FixSafety.Unsafe, $"Set {config.Alpha.Key} to {wanted}", context.Edit.Replace(config.Alpha.Entry!, wanted))
                : null,
            a >= 2 * r ? null : Category.Advice,
            config.Alpha.IsWritten ? context.Beside(config.Rank, config.UseRslora) : context.Beside(config.Rank));
    }
}
