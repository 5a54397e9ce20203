using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>fan_in_fan_out does not fit the layers of the base model.</summary>
public sealed class FanInFanOutMismatch : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL184",
        Name = "fan-in-fan-out-mismatch",
        Category = Category.Advice,
        Summary = "The switch fan_in_fan_out does not fit the base model's layers.",
        Why = "It is for layers whose weight is stored transposed, as GPT-2's; PEFT corrects it with a warning in each run.",
        Sources = [new(Upstream.Peft, "src/peft/tuners/lora/layer.py:2640-2651")],
        Formats = ["peft", "axolotl"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        var flag = context.Read.Bool(context.Format.Name == "axolotl" ? "lora_fan_in_fan_out" : "fan_in_fan_out");
        if (!flag.IsWritten || !flag.TryGet(out var isOn) || view.Model is not { } model || view.Adapters.Count == 0)
            return;
        var linears = view.Adapters.SelectMany(a => a.Modules).Select(m => m.Module.Kind)
            .Where(k => k is ModuleKind.Linear or ModuleKind.Conv1D).Distinct().ToList();
        if (linears.Count != 1 || (linears[0] == ModuleKind.Conv1D) == isOn)
            return;
        var right = ConfigEditor.Bool(!isOn);
        context.Report(
            flag,
            $"the layers of {KnownModel.Describe(model)} are {(isOn ? "nn.Linear, which store outputs" : "Conv1D, which store inputs")} "
            + $"first; PEFT sets {flag.Key} to {right} itself and warns",
            new Fix(FixSafety.Safe, $"Set {flag.Key} to {right}", context.Edit.Replace(flag.Entry!, right)));
    }
}
