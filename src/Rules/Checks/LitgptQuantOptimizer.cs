using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>litgpt: a quantized base with another optimizer than AdamW.</summary>
public sealed class LitgptQuantOptimizer : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL213",
        Name = "litgpt-quant-optimizer",
        Category = Category.Correctness,
        Summary = "A quantized base is combined with another optimizer than AdamW, which litgpt refuses.",
        Why = "With a quantized base litgpt takes the paged AdamW of bitsandbytes and stops at the name of any other optimizer.",
        Sources = [new(Upstream.Litgpt, "litgpt/utils.py:619-623, litgpt/finetune/lora.py:141")],
        Formats = ["litgpt"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        if (!read.Text("quantize").TryGet(out var quantize) || !quantize.StartsWith("bnb.", StringComparison.Ordinal)
            || read.Find("quantize") is not { } entry)
            return;
        var optimizer = read.Find("optimizer") is { Value.IsMapping: true } ? read.Text("optimizer.class_path") : read.Text("optimizer");
        if (!optimizer.IsWritten || !optimizer.TryGet(out var name) || name.IndexOf("AdamW", StringComparison.Ordinal) >= 0)
            return;
        // Arguments of another optimizer need not be AdamW's.
        var hasArguments = read.Has("optimizer.init_args");
        context.Report(
            optimizer,
            $"{name} is refused with quantize {quantize}: litgpt trains adapters of a quantized base with AdamW only",
            new Fix(
                hasArguments ? FixSafety.Unsafe : FixSafety.Safe,
                "Write AdamW",
                context.Edit.Replace(optimizer.Entry!, hasArguments ? "torch.optim.AdamW" : "AdamW")),
            related: context.Beside(entry));
    }
}
