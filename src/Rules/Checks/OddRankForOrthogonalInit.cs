using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The orthogonal initialization with an odd rank.</summary>
public sealed class OddRankForOrthogonalInit : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL163",
        Name = "odd-rank-for-orthogonal-init",
        Category = Category.Correctness,
        Summary = "The orthogonal initialization is combined with an odd rank.",
        Why = "It takes every other row of one orthogonal matrix for A and the rest for B, and PEFT refuses a rank that cannot be halved.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/layer.py:603-612")],
        Formats = ["peft", "axolotl", "python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var rank = context.Config.Rank;
        if (context.Config.Init.Or("") != "orthogonal" || !rank.IsWritten || !rank.TryGet(out var r) || r < 1 || r != Math.Floor(r)
            || r % 2 == 0)
            return;
        var even = ConfigEditor.Number(r + 1);
        context.Report(
            rank,
            $"{rank.Key} {ConfigEditor.Number(r)} is odd, and {context.Config.Init.Key} orthogonal needs an even rank; write {even}",
            new Fix(FixSafety.Safe, $"Set {rank.Key} to {even}", context.Edit.Replace(rank.Entry!, even)),
            related: context.Beside(context.Config.Init));
    }
}
