using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The model is placed by a device map although ZeRO-3 places it.</summary>
public sealed class Zero3DeviceMap : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL512",
        Name = "zero3-device-map",
        Category = Category.Correctness,
        Summary = "The base model is loaded with a device map under ZeRO stage 3.",
        Why = "ZeRO-3 splits every weight over the devices while it is loaded; a device map wants whole weights on chosen ones, and "
            + "transformers stops.",
        Sources =
        [
            new("huggingface/transformers#24395"),
            new("huggingface/peft#306"),
            new("hiyouga/LLaMA-Factory#3949"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (!context.Read.Has("device_map") || context.Read.Find("device_map") is not { } map
            || DeepSpeedCompanion.Of(context) is not { Stage: 3 } deepSpeed)
            return;
        context.Report(
            map,
            "device_map is refused under ZeRO stage 3, which places the weights itself; leave it out",
            new Fix(FixSafety.Safe, "Remove device_map", context.Edit.Remove(map)),
            related: context.Beside(deepSpeed.Entry));
    }
}
