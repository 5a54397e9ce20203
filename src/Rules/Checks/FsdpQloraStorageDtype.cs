using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A 4-bit base under FSDP whose packed weights have another type than the rest of the model.</summary>
public sealed class FsdpQloraStorageDtype : Rule
{
    private const string Key = "bnb_4bit_quant_storage";

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL504",
        Name = "fsdp-qlora-storage-dtype",
        Category = Category.Correctness,
        Summary = "A 4-bit base is sharded with FSDP, but its packed weights are stored in another type than the other weights.",
        Why = "FSDP flattens weights of one type only: with the default storage type uint8 it stops, or leaves layers unsharded.",
        Sources =
        [
            new("huggingface/peft@5d602fdb (2026-08-21)", "docs/source/accelerate/fsdp.md:245-271"),
            new("huggingface/trl@f2cd5771 (2026-07-24)", "trl/trainer/model_config.py:168-171; trl issue 1723"),
        ],
        Formats = ["trl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var config = context.Config;
        // A script of the user's own, whose defaults are not known, may set the storage type itself.
        if (config.QuantizationBits.Or(16) != 4 || config.QuantizationBits.Entry is not { } bits || !config.SaveStrategy.IsKnown
            || (FsdpSettings.SwitchOf(read) is null ? AccelerateCompanion.Of(context) is not { UsesFsdp1: true }
                : FsdpSettings.VersionOf(read) is 2))
            return;
        var dtype = read.FirstOf(k => read.Text(k, "float32"), "dtype", "torch_dtype").Or("auto").Replace("torch.", "");
        var storage = read.Text(Key);
        if (dtype == "auto" || (storage.IsWritten && !storage.IsKnown) || storage.Or("uint8").Replace("torch.", "") == dtype)
            return;
        context.Report(
            storage.IsWritten ? storage.Entry! : bits,
            $"{(storage.IsWritten ? $"{Key} is {storage.Or("")}" : $"{Key} is not set, so 4-bit weights are packed into uint8")}, while "
            + "the other "
            + $"weights are {dtype}; FSDP needs one type for both, so set {Key} to {dtype}",
            new Fix(
                FixSafety.Unsafe,
                $"Set {Key} to {dtype}",
                storage.IsWritten
                    ? context.Edit.Replace(storage.Entry!, context.Edit.Word(dtype))
                    : context.Edit.InsertAfter(bits, Key, context.Edit.Word(dtype))),
            related: AccelerateCompanion.Of(context) is { Kind: { } kind } accelerate ? [accelerate.Place(kind)] : []);
    }
}
