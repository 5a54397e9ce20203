using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LoRA-GA without its configuration, or on a base whose gradients it cannot take.</summary>
public sealed class InitLoraGaMisconfigured : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL166",
        Name = "init-lora-ga-misconfigured",
        Category = Category.Correctness,
        Summary = "LoRA-GA lacks its configuration, or starts from a quantized base.",
        Why = "LoRA-GA estimates gradients of the base's full weights before the adapter is made; PEFT refuses it without lora_ga_config "
            + "and on quantized weights.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/layer.py:643-648, src/peft/tuners/lora/loraga.py:75-97")],
        Formats = ["peft", "axolotl", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (config.Init.Or("") != "lora_ga")
            return;
        if (context.Format.Name == "axolotl")
            context.Report(config.Init, $"axolotl hands PEFT no lora_ga_config, without which {config.Init.Key} lora_ga is refused; choose "
                + "another initialization", AskedFix.Remove(context, config.Init.Entry));
        else if (!context.Read.Has("lora_ga_config") && IsWhole(context))
            context.Report(config.Init, $"{config.Init.Key} lora_ga is refused without lora_ga_config; write it, or choose another "
                + "initialization", AskedFix.Remove(context, config.Init.Entry));
        if (config.QuantizationBits.TryGet(out var bits) && bits < 16)
        {
            context.Report(
                config.Init,
                "LoRA-GA needs gradients of the base's full weights, which a base in " + ConfigEditor.Number(bits)
                + " bits does not have; load it in 16 bits",
                AskedFix.Remove(context, config.Init.Entry),
                related: context.Beside(config.QuantizationBits));
        }
    }

    private static bool IsWhole(CheckContext context) =>
        context.Recognised.Root.Origin is not { } origin || origin.Find(CodeCallKind.Adapter) is { IsComplete: true };
}
