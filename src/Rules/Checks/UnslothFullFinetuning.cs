using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Unsloth: a model that was loaded for full fine-tuning is to get an adapter.</summary>
public sealed class UnslothFullFinetuning : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL962",
        Name = "unsloth-full-finetuning",
        Category = Category.Suspicious,
        Summary = "The model is loaded for full fine-tuning, so get_peft_model does nothing.",
        Why = "Unsloth prints a line and returns the model as it is: all weights are trained, with the memory that takes, and no adapter "
            + "is made.",
        Sources = [new(Upstream.Unsloth, "unsloth/models/llama.py:3125-3130")],
        Formats = ["unsloth"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var full = context.Read.Bool("full_finetuning");
        if (!full.Or(false) || context.Recognised.Root.Origin?.Find(CodeCallKind.Adapter) is not { } adapter)
            return;
        context.Report(
            full,
            $"full_finetuning trains all weights, and {adapter.Name} has no effect then; set it to False for an adapter, or drop the call",
            new Fix(FixSafety.Unsafe, "Set full_finetuning to False", context.Edit.Replace(full.Entry!, "False")));
    }
}
