using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The adapter is to have a bias of its own where it cannot.</summary>
public sealed class LoraBiasUnsupported : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL161",
        Name = "lora-bias-unsupported",
        Category = Category.Correctness,
        Summary = "A bias in the adapter is combined with DoRA or with an initialization that cannot have one.",
        Why = "PEFT refuses lora_bias with DoRA and with any initialization but true and false.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/config.py:1061-1069")],
        Formats = ["peft", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var bias = context.Read.Bool("lora_bias", false);
        if (!bias.Or(false))
            return;
        if (context.Read.IsOn("use_dora"))
            context.Report(bias, "lora_bias is refused with use_dora; switch one of them off", SwitchOff(context, bias));
        if (context.Config.Init is { IsKnown: true } init && init.Or("") is not ("true" or "false") and var method)
        {
            context.Report(
                bias, $"lora_bias is refused with init_lora_weights {method}; it works with true only", SwitchOff(context, bias));
        }
    }

    private static Fix SwitchOff(CheckContext context, Setting<bool> bias) =>
        new(FixSafety.Unsafe, "Set lora_bias to false", context.Edit.Replace(bias.Entry!, ConfigEditor.Bool(false)));
}
