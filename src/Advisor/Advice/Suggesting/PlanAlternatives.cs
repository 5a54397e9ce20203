using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>What else could be done, and what speaks for it.</summary>
internal static class PlanAlternatives
{
    /// <summary>The alternatives to a plan.</summary>
    public static IEnumerable<Alternative> Of(Plan plan, MethodChoice choice)
    {
        foreach (var method in new[] { AdvisedMethod.Lora, AdvisedMethod.Qlora, AdvisedMethod.Dora }.Where(m => m != plan.Method.Value))
            yield return new Alternative(NameOf(method), MethodWords(method) + MemoryWords(plan, choice, method));
        yield return new Alternative(
            "alpha",
            $"twice the rank ({2 * plan.Rank.Value}), equal to it ({plan.Rank.Value}), or 16 whatever the rank: schools that disagree "
            + "(guidance 2.45). What counts is alpha/r times the learning rate, so a change of one asks for the other");
        yield return new Alternative(
            "modules", plan.TargetModules.Value is null
                ? "attention alone trains a third of the parameters and learns less at the same rank; go beyond it first when facts are "
                    + "new (guidance 2.48), and always where memory allows (QLoRA, figure 2)"
                : "every linear layer learns more; it costs two to three times the adapter's parameters");
        if (plan.Dropout.Value > 0)
        {
            yield return new Alternative(
                "dropout", "0 lets Unsloth's and Axolotl's fast kernels run; guidance 1.34 asks for 0.3 to 0.5 with little data, for which "
                + "there is no primary source: QLoRA searched 0, 0.05 and 0.1");
        }

        yield return new Alternative(
            "learning rate", "find it first, then the rank: over ranks the best rate moves by less than a factor of two (Thinking Machines "
            + "2025), and a rank twice as high rarely helps (Databricks); `loralint sweep` tries both");
        if (plan.Steps < 100)
        {
            yield return new Alternative(
                "steps", $"{plan.Steps} are few: a learning rate one and a half times as high (Thinking Machines 2025), or more passes");
        }
    }

    private static string NameOf(AdvisedMethod method) => method switch
    {
        AdvisedMethod.Lora => "LoRA", AdvisedMethod.Qlora => "QLoRA", _ => "DoRA",
    };

    private static string MethodWords(AdvisedMethod method) => method switch
    {
        AdvisedMethod.Lora => "no dequantization: faster, a little better",
        AdvisedMethod.Qlora => "a third of the memory, about 40 % more time, a loss that mostly does not show (guidance 2.4 to 2.6)",
        _ => "as good at half the rank by its authors; in PEFT's comparison 10 % more memory, 26 % more time, no gain at rank 32",
    };

    private static string MemoryWords(Plan plan, MethodChoice choice, AdvisedMethod method) =>
        choice.LoadOf(method, plan.Rank.Value, plan.MicroBatchSize.Value, plan.GradientCheckpointing.Value)?.Estimate() is { } estimate
            ? $"; {MemoryEstimate.Shown(estimate.Low)} to {MemoryEstimate.Shown(estimate.High)}"
                + (choice.Fits(method, plan.Rank.Value) switch
                {
                    true => $", fits {plan.Gpu!.Name}", false => $", not sure to fit {plan.Gpu!.Name} even with one sequence", _ => "",
                })
            : "";
}
