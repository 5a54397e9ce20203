using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A script merges an adapter of a kind that PEFT cannot merge.</summary>
public sealed class MergeUnsupported : Rule
{
    // Settings of LoraConfig, and what PEFT says of merging then.
    private static readonly (string Key, string Why)[] s_kinds =
    [
        ("layer_replication", "several layers share one weight, which cannot take the adapters of all of them"),
        ("alora_invocation_tokens", "the adapter acts from its invocation tokens on, which no weight can hold"),
        ("arrow_config", "each token is routed to adapters of its own"),
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL708",
        Name = "merge-unsupported",
        Category = Category.Correctness,
        Summary = "The script merges an adapter that PEFT cannot merge.",
        Why = "PEFT stops when it is to merge, which is after the training; the adapter itself is unharmed.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/model.py:578-588 (GPTQ, replicated layers)"),
            new(Upstream.Peft, "src/peft/tuners/lora/variants.py:125-135 (Arrow), 560-571 (aLoRA)"),
        ],
        Formats = ["python"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Recognised.Root.Origin?.FindMethod("merge_and_unload", "merge_adapter") is not { } merge)
            return;
        foreach (var (key, why) in s_kinds)
        {
            if (context.Read.Has(key) && context.Read.Find(key) is { } entry)
                context.Report(
                    merge.Span,
                    $"{merge.Name} stops for an adapter with {key}: {why}; load the adapter beside its base instead",
                    related: context.Beside(entry));
        }

        // Where the base is loaded once more for the merge, that model is whole, and the name is not the one of this run.
        if (context.BaseModel.Model is { Quantization: "gptq" } model && LoadsOnce(context))
            context.Report(
                merge.Span,
                $"{merge.Name} stops: the base {KnownModel.Describe(model)} is quantized by GPTQ, whose packed weights PEFT cannot add to; "
                + "load the 16-bit model that it was made from, and merge into that",
                related: context.Beside(context.Config.BaseModel));
    }

    private static bool LoadsOnce(CheckContext context)
    {
        var text = context.Document.Source.Text;
        return context.Recognised.Root.Origin?.Find(CodeCallKind.Model) is { IsComplete: true, Name: var name }
            && !text.Contains("PeftModel")
            && text.IndexOf(name, StringComparison.Ordinal) == text.LastIndexOf(name, StringComparison.Ordinal);
    }
}
