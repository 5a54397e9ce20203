using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A model is quantized by keywords of from_pretrained that transformers 5 no longer has.</summary>
public sealed class LoadIn4bitKwargRemoved : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL221",
        Name = "load-in-4bit-kwarg-removed",
        Category = Category.Suspicious,
        Tag = FindingTag.Deprecated,
        Summary = "A model's from_pretrained is given load_in_4bit or load_in_8bit itself.",
        Why = "Both keywords are gone in transformers 5, so the model's constructor gets them and stops; a BitsAndBytesConfig works before "
            + "and after.",
        Sources =
        [
            new("huggingface/transformers#41287 (2025-10-02)", "removes load_in_4bit and load_in_8bit for v5"),
            new("huggingface/transformers", "MIGRATION_GUIDE_V5.md, quantization"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Recognised.Root.Origin is not { } origin)
            return;
        foreach (var entry in context.Recognised.Root.Entries)
        {
            if (entry.Key is not ("load_in_4bit" or "load_in_8bit") || entry.IsOverridden || entry.IsMerged || entry.KeySpan.Length == 0
                || origin.At(entry.KeySpan.Start) is not { Kind: CodeCallKind.Model } call)
                continue;
            var config = $"BitsAndBytesConfig({context.Document.Source.Slice(entry.Span)})";
            // Where the class is not there the fix would need an import.
            var canWrite = context.Document.Source.Text.IndexOf("BitsAndBytesConfig", StringComparison.Ordinal) >= 0
                && !context.Read.Has("quantization_config") && entry.Span.Start == entry.KeySpan.Start;
            context.Report(
                entry.KeySpan,
                $"transformers 5 no longer takes {entry.Key} in {call.Name} and stops at it; write quantization_config={config}",
                canWrite ? new Fix(
                    FixSafety.Unsafe, $"Write quantization_config={config}",
                    new TextEdit(entry.Span, "quantization_config=" + config)) : null);
        }
    }
}
