using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An initialization that changes the base, with rsLoRA and patterns that keep the change from being undone.</summary>
public sealed class InitConversionImpossible : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL167",
        Name = "init-conversion-impossible",
        Category = Category.Suspicious,
        Summary = "An initialization that changes the base's weights is combined with rsLoRA and ranks or alphas by pattern.",
        Why = "PiSSA, OLoRA, CorDA and LoRA-GA take the adapter's start out of the base. With one scaling for each module it cannot be "
            + "put back, so the adapter fits the changed base only.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/config.py:1073-1093: a warning")],
        Formats = ["peft", "axolotl", "python"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (!config.UseRslora.Or(false) || !config.Init.TryGet(out var init)
            || !(init.StartsWith("pissa", StringComparison.Ordinal) || init is "olora" or "corda" or "lora_ga"))
            return;
        var hasPattern = config.RankPattern.TryGet(out var ranks) && ranks.Count > 0 ? config.RankPattern
            : config.AlphaPattern.TryGet(out var alphas) && alphas.Count > 0 ? config.AlphaPattern : null;
        if (hasPattern is null)
            return;
        context.Report(
            config.Init,
            $"{init} changes the base's weights, and with {config.UseRslora.Key} and {hasPattern.Key} the change cannot be undone when the "
            + "adapter is saved: it will fit this run's base only; leave one of the three out",
            related: context.Beside(config.UseRslora, hasPattern));
    }
}
