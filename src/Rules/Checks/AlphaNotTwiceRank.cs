using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Alpha was written, is not below the rank, and is neither the rank nor twice the rank.</summary>
public sealed class AlphaNotTwiceRank : Rule
{
    private static readonly RuleOption s_wanted = new("wanted-ratio", 2, "Alpha over rank that is silent and that the fix writes: "
        + "guidance 1.14, 2.46.");
    private static readonly RuleOption s_accepted = new("accepted-ratio", 1, "A second ratio that is silent: guidance 2.22 (alpha = r or "
        + "2r).");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL105",
        Name = "alpha-not-twice-rank",
        Category = Category.Advice,
        Summary = "Alpha is neither twice the rank nor the rank.",
        Why = "The adapter's output is multiplied by alpha/r, so another ratio is another learning rate for the adapter in disguise.",
        Sources =
        [
            new(Upstream.Guidance, "1.14, 2.22, 2.46"),
            new(Upstream.Biderman, "section 4.7: alpha = 2r is crucial at high ranks"),
            new(Upstream.LlamaFactory, "src/llamafactory/hparams/finetuning_args.py: alpha defaults to 2r"),
            new("Against it: " + Upstream.WithoutRegret, "alpha 32 for every rank from 1 to 512"),
            new("Against it: " + Upstream.MsSwift, "swift/arguments/tuner_args.py: rank 8 with alpha 32"),
        ],
        Fix = FixSafety.Unsafe,
        Guidance = ["1.13", "1.14", "2.22", "2.46"],
        Options = [s_wanted, s_accepted],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var alpha = config.Alpha;
        // Below the rank LL104 speaks, with rsLoRA LL110. In RL and diffusion fixed values are the practice.
        if (!alpha.IsWritten || config.UseRslora.Or(false) || (config.UseRslora.IsWritten && !config.UseRslora.IsKnown)
            || config.Task is TrainingTask.Reinforcement or TrainingTask.Diffusion
            || !alpha.TryGet(out var a) || !config.Rank.TryGet(out var r) || r <= 0 || a < r)
            return;
        var ratio = a / r;
        if (ratio == context.Option(s_wanted) || ratio == context.Option(s_accepted))
            return;
        var wanted = ConfigEditor.Number(context.Option(s_wanted) * r);
        context.Report(
            alpha,
            $"{alpha.Key} {ConfigEditor.Number(a)} is {ConfigEditor.Number(Math.Round(ratio, 3))} times the rank "
            + $"{ConfigEditor.Number(r)}; the documented start is {wanted} ({ConfigEditor.Number(context.Option(s_wanted))}r), and r "
            + "itself is accepted. A fixed alpha for all ranks (LoRA Without Regret) or 4r (ms-swift) works too when the learning rate "
            + "was tuned with it",
            new Fix(FixSafety.Unsafe, $"Set {alpha.Key} to {wanted}", context.Edit.Replace(alpha.Entry!, wanted)),
            related: context.Beside(context.Config.Rank));
    }
}
