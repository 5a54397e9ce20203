using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Biases are trained beside the adapter.</summary>
public sealed class BiasNotNone : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL156",
        Name = "bias-not-none",
        Category = Category.Suspicious,
        Summary = "Biases of the base model are trained beside the adapter.",
        Why = "The base model itself changes then: switching the adapter off no longer gives it back, one adapter at most can be used, "
            + "and servers refuse it.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/config.py: docstring of bias; tuners_utils.py:612: one adapter with bias at most"),
            new(Upstream.Unsloth, "unsloth/models/llama.py:3248-3252: the slow path"),
            new(Upstream.Vllm, "vllm/lora/peft_helper.py: no bias"),
            new(Upstream.Guidance, "1.29, 2.28 (none is most common)"),
        ],
        Formats = ["peft", "ms-swift", "loralint", "python", "unsloth", "csharp"],
        Fix = FixSafety.Unsafe,
        Guidance = ["1.29", "2.28"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var bias = context.Config.Bias;
        if (!bias.IsWritten || !bias.TryGet(out var which) || !(which == "all" || which.EndsWith("_only", StringComparison.Ordinal)))
            return;
        context.Report(
            bias,
            $"{bias.Key} {which} trains biases of the base model: without the adapter the model is no longer the base, and vLLM does not "
            + "load such an adapter; none keeps the base as it is",
            new Fix(FixSafety.Unsafe, $"Set {bias.Key} to none", context.Edit.Replace(bias.Entry!, context.Edit.Word("none"))),
            weaker: context.Config.Task == TrainingTask.Classification ? Category.Advice : null);
    }
}
