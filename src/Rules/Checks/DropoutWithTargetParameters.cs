using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Adapters on bare parameters together with dropout.</summary>
public sealed class DropoutWithTargetParameters : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL124",
        Name = "dropout-with-target-parameters",
        Category = Category.Correctness,
        Summary = "Adapters on target parameters are combined with dropout.",
        Why = "PEFT adds such an adapter to the weight, not to the layer's output, so it has no input to drop and refuses any dropout but "
            + "0.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/layer.py:2274-2277"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/peft.py:240-250"),
            new(Upstream.Trl, "trl/trainer/model_config.py: lora_dropout defaults to 0.05"),
            new(Upstream.MsSwift, "swift/arguments/tuner_args.py: lora_dropout defaults to 0.05"),
        ],
        Formats = ["peft", "axolotl", "trl", "ms-swift", "python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var dropout = context.Config.Dropout;
        if (TargetParameters.Find(context) is not { } parameters || !dropout.TryGet(out var p) || p <= 0)
            return;
        context.Report(
            dropout.IsWritten ? dropout.Entry! : parameters,
            $"{parameters.Key} cannot be trained with {dropout.Key} "
            + $"{ConfigEditor.Number(p)}{(dropout.IsWritten ? "" : " (the default)")}: PEFT refuses any dropout for adapters on "
            + $"parameters; set {dropout.Key} to 0",
            new Fix(FixSafety.Safe, $"Set {dropout.Key} to 0", context.Edit.Set(dropout, "0", parameters)));
    }
}
