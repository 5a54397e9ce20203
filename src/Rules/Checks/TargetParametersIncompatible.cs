using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Adapters on bare parameters together with a variant that they cannot have.</summary>
public sealed class TargetParametersIncompatible : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL164",
        Name = "target-parameters-incompatible",
        Category = Category.Correctness,
        Summary = "Adapters on target parameters are combined with a LoRA variant that they cannot have.",
        Why = "PEFT adds such an adapter to the bare weight; a transposed weight, a bias, DoRA, VeLoRA and KaSA need the layer around it.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/layer.py:2278-2287")],
        Formats = ["peft", "axolotl", "trl", "ms-swift", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (TargetParameters.Find(context) is not { } parameters)
            return;
        foreach (var key in Switches(context.Format.Name).Where(context.Read.IsOn))
            Report(context, parameters.Key, key);
        if (context.Format.Name is not ("peft" or "python"))
            return;
        foreach (var key in new[] { "velora_config", "kasa_config" }.Where(context.Read.Has))
            Report(context, parameters.Key, key);
    }

    private static string[] Switches(string format) => format switch
    {
        "axolotl" => ["lora_fan_in_fan_out", "peft_use_dora"],
        "trl" or "ms-swift" => ["use_dora"],
        _ => ["fan_in_fan_out", "lora_bias", "use_dora"],
    };

    private static void Report(CheckContext context, string parameters, string key)
    {
        var entry = context.Read.Find(key)!;
        context.Report(
            entry,
            $"{key} does not work with {parameters}, and PEFT stops; switch it off, or leave the parameters out",
            entry.Value.IsMapping ? null
                : new Fix(FixSafety.Unsafe, $"Set {key} to false", context.Edit.Replace(entry, ConfigEditor.Bool(false))),
            related: context.Beside(context.Read.Find(parameters)!));
    }
}
