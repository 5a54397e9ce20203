using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>LLaMA-Factory: something that needs a base in full precision beside quantization.</summary>
public sealed class ResizeVocabOnQuantized : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL212",
        Name = "resize-vocab-on-quantized",
        Category = Category.Correctness,
        Summary = "A quantized base is to get a larger vocabulary, a new adapter upon another, or several adapters.",
        Why = "LLaMA-Factory refuses to resize embeddings of a quantized model, and to merge adapters into one.",
        Sources = [new(Upstream.LlamaFactory, "src/llamafactory/hparams/parser.py:235-249")],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        if (!read.Has("quantization_bit") || read.Find("quantization_bit") is not { } bits)
            return;
        if (read.IsOn("resize_vocab"))
        {
            context.Report(
                read.Find("resize_vocab")!,
                "the embeddings of a quantized model cannot be resized, and LLaMA-Factory stops; leave resize_vocab out, or load the base "
                + "in 16 bits",
                SwitchOff(context, "resize_vocab"),
                related: context.Beside(bits));
        }

        var adapters = read.Names("adapter_name_or_path");
        if (!adapters.IsWritten)
            return;
        if (read.IsOn("create_new_adapter"))
        {
            context.Report(
                read.Find("create_new_adapter")!,
                "a new adapter upon another one needs the first merged, which a quantized model does not allow, and LLaMA-Factory stops; "
                + "go on with the adapter, or merge it into the 16-bit base first",
                SwitchOff(context, "create_new_adapter"),
                related: context.Beside(bits));
        }

        if (adapters.TryGet(out var names) && names.Count > 1)
        {
            context.Report(
                adapters,
                "a quantized model takes one adapter, and LLaMA-Factory stops at several; merge them into the 16-bit base first",
                related: context.Beside(bits));
        }
    }

    private static Fix SwitchOff(CheckContext context, string key) =>
        new(FixSafety.Unsafe, $"Set {key} to false", context.Edit.Replace(context.Read.Find(key)!, ConfigEditor.Bool(false)));
}
