using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The bias setting is none that the framework knows.</summary>
public sealed class BiasInvalidValue : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL155",
        Name = "bias-invalid-value",
        Category = Category.Correctness,
        Summary = "The bias setting is neither none, all nor lora_only.",
        Why = "PEFT raises on any other word once the model is loaded.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:510-528"),
            new(Upstream.MsSwift, "swift/arguments/tuner_args.py: none or all"),
            new(Upstream.Guidance, "1.28, 2.28"),
        ],
        Formats = ["peft", "ms-swift", "python", "unsloth"],
        Fix = FixSafety.Safe,
        Guidance = ["1.28", "2.28"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var bias = context.Config.Bias;
        if (!bias.IsWritten || bias.Entry is not { } entry)
            return;
        var isSwift = context.Format.Name == "ms-swift";
        var value = context.Read.Dialect.Read(entry.Value);
        if (value.Kind == ConfigValueKind.Unknown && entry.Value.IsScalar)
            return;
        // PEFT takes any word that ends so.
        if (value.Kind == ConfigValueKind.String
            && (value.Text is "none" or "all" || (!isSwift && value.Text.EndsWith("_only", StringComparison.Ordinal))))
            return;
        var lower = value.Text.ToLowerInvariant();
        var wanted = value.Kind == ConfigValueKind.Bool ? (value.IsTrue ? null : "none")
            : lower is "none" or "all" || (lower == "lora_only" && !isSwift) ? lower : null;
        var shown = entry.Value.IsScalar ? entry.Value.Text : "a list or mapping";
        context.Report(
            bias,
            $"{bias.Key} {shown} is refused; write none{(isSwift ? " or all" : ", all or lora_only")}",
            wanted is null ? null
                : new Fix(FixSafety.Safe, $"Set {bias.Key} to {wanted}", context.Edit.Replace(entry, context.Edit.Word(wanted))));
    }
}
