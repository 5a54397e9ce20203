using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A quantized model gets its adapter and checkpointed gradients without having been made ready for it.</summary>
public sealed class KbitPrepareMissing : Rule
{
    // What makes the model ready, by whatever way; a script that names one of them knows of the matter.
    private static readonly string[] s_remedies = ["prepare_model_for", "enable_input_require_grads", "make_inputs_require_grad", "kbit"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL220",
        Name = "kbit-prepare-missing",
        Category = Category.Suspicious,
        Summary = "A quantized model is given to get_peft_model without prepare_model_for_kbit_training, and gradients are checkpointed.",
        Why = "PEFT makes the inputs require gradients for models of full precision only, so reentrant checkpointing passes none to the "
            + "adapter, and layer norms stay in half precision.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/peft_model.py:726-742 (left out for quantized models); src/peft/utils/other.py:160-255"),
            new("huggingface/transformers#43203", "reentrant checkpointing is the default up to the releases of January 2026"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        if (context.Recognised.Root.Origin is not { } origin || !config.QuantizationBits.TryGet(out var bits) || bits is not (4 or 8)
            || !config.GradientCheckpointing.Or(false)
            || origin.Find(CodeCallKind.Preparation) is not { Name: "get_peft_model" } wrapping
            // TRL and Unsloth do it themselves.
            || origin.Find(CodeCallKind.Trainer) is not { Name: "Trainer" or "Seq2SeqTrainer" }
            || context.Read.Has("gradient_checkpointing_kwargs")
            || s_remedies.Any(r => context.Document.Source.Text.IndexOf(r, StringComparison.Ordinal) >= 0))
            return;
        var name = new TextSpan(wrapping.Span.Start, Math.Min(wrapping.Span.Length, NameLength(context, wrapping)));
        context.Report(
            name,
            $"the model is loaded in {(bits == 4 ? "4" : "8")} bits and comes here without prepare_model_for_kbit_training; with gradient "
            + "checkpointing that is reentrant (the default before transformers 5) no gradient reaches the adapter, and layer norms stay "
            + "in half precision: call it on the model first",
            Prepare(context, wrapping),
            related: context.Beside(config.GradientCheckpointing, config.QuantizationBits));
    }

    // Around the first argument, where that is a name and the import is a line that takes one more.
    private static Fix? Prepare(CheckContext context, CodeCall wrapping)
    {
        const string Import = "from peft import ";
        const string Function = "prepare_model_for_kbit_training";
        var text = context.Document.Source.Text;
        var import = text.IndexOf(Import, StringComparison.Ordinal);
        var start = text.IndexOf('(', wrapping.Span.Start) + 1;
        var end = start;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] == '_'))
            end++;
        if (import < 0 || start == 0 || end == start || end >= text.Length || text[end] != ',' || char.IsDigit(text[start])
            || !char.IsLetter(text[import + Import.Length]) || text.IndexOf(Import, import + 1, StringComparison.Ordinal) >= 0)
            return null;
        return new Fix(
            FixSafety.Unsafe,
            $"Call {Function} on the model",
            [
                new TextEdit(new TextSpan(import + Import.Length, 0), Function + ", "),
                new TextEdit(TextSpan.FromBounds(start, end), $"{Function}({text.Substring(start, end - start)})"),
            ]);
    }

    private static int NameLength(CheckContext context, CodeCall call)
    {
        var bracket = context.Document.Source.Text.IndexOf('(', call.Span.Start);
        return bracket < 0 ? call.Span.Length : bracket - call.Span.Start;
    }
}
