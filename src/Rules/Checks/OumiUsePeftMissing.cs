using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A block <c>peft</c> without <c>training.use_peft: true</c>: Oumi reads none of it.</summary>
public sealed class OumiUsePeftMissing : Rule
{
    private const string Switch = "training.use_peft";

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL970",
        Name = "oumi-use-peft-missing",
        Category = Category.Correctness,
        Summary = "The adapter's block is written, but training.use_peft is not on, so Oumi trains all weights.",
        Why = "Oumi builds the model without the block peft unless training.use_peft is true: no adapter is made, the base is not "
            + "quantized, and a full fine-tune runs.",
        Sources =
        [
            new("oumi-ai/oumi@d8ed0777 (2026-08-21)", "src/oumi/train.py:506-516"),
            new("oumi-ai/oumi@d8ed0777 (2026-08-21)", "src/oumi/core/configs/params/training_params.py:188 (use_peft defaults to false)"),
        ],
        Formats = ["oumi"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var usePeft = read.Bool(Switch, false);
        // A search keeps its values elsewhere.
        if (usePeft.Or(true) || read.Find("peft") is not { Value: { IsMapping: true, Entries.Count: > 0 } } block || read.Has("tuning"))
            return;
        if (usePeft.Entry is { } off)
        {
            // Written false: most likely on purpose, with the rest left over.
            context.Report(
                block.KeySpan,
                "peft is not read while training.use_peft is false: all weights are trained; set training.use_peft: true, or remove the "
                + "block",
                new Fix(FixSafety.Display, "Set use_peft to true", context.Edit.Replace(off, "true")),
                weaker: Category.Advice);
            return;
        }

        var last = read.Find("training")?.Value.Entries.LastOrDefault();
        context.Report(
            block.KeySpan,
            "peft is set, but training.use_peft is not: Oumi reads nothing of the block and trains all weights; add use_peft: true under "
            + "training",
            last is null ? null
                : new Fix(FixSafety.Safe, "Add use_peft: true", context.Edit.InsertAfter(last, "use_peft", ConfigEditor.Bool(true))));
    }
}
