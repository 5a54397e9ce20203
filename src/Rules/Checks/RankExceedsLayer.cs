using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The rank is above what the weight of an adapted layer can have.</summary>
public sealed class RankExceedsLayer : Rule
{
    // Gates and routers are as narrow as this; nobody means them by the rank of all layers.
    private const long NarrowLayer = 64;

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL177",
        Name = "rank-exceeds-layer",
        Category = Category.Suspicious,
        Summary = "The rank is above the smaller side of an adapted layer.",
        Why = "A weight of n by m has rank min(n, m) at most: beyond it the adapter holds more parameters than the weight itself needs and "
            + "learns nothing more.",
        Sources =
        [
            new(Upstream.Lora, "section 4.1: r is far below min(d, k)"),
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:487-491 (mica) and variants.py:1363 (KaSA): an error there"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        var rank = context.Config.Rank;
        if (view.Adapters.Count == 0 || view.Request!.NotCounted is not null || !rank.IsWritten || !rank.TryGet(out var r))
            return;
        var tooSmall = view.Adapters.Select(a => a.Modules.Where(m => IsExceeded(m, r)).ToList()).ToList();
        if (tooSmall.Any(t => t.Count == 0))
            return;
        var first = tooSmall[0][0].Module;
        var names = string.Join(", ", tooSmall[0].Select(m => m.Module.LastPart).Distinct());
        context.Report(
            rank,
            $"{rank.Key} {ConfigEditor.Number(r)} is above what {names} of {KnownModel.Describe(view.Model!)} can have: {first.LastPart} "
            + $"is {ConfigEditor.Number(first.Outputs)} by {ConfigEditor.Number(first.Inputs)}, so "
            + $"{ConfigEditor.Number(first.LargestRank)} is the most; lower the rank, or leave these modules out",
            AskedFix.Set(context, rank, tooSmall.SelectMany(t => t).Min(m => m.Module.LargestRank)));
    }

    // A rank of its own from rank_pattern is meant for the module.
    private static bool IsExceeded(AdaptedModule module, double rank) => module.Rank == rank
        && module.Module.Kind != ModuleKind.Parameter && module.Module.LargestRank >= NarrowLayer && rank > module.Module.LargestRank;
}
