using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Training is in bfloat16 on a card that has no arithmetic for it.</summary>
public sealed class Bf16UnsupportedGpu : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL224",
        Name = "bf16-unsupported-gpu",
        Category = Category.Suspicious,
        Summary = "Training is in bfloat16, and the card computes it only by detours, if at all.",
        Why = "NVIDIA's cards compute in bfloat16 from Ampere on (compute capability 8.0): on a T4 or V100 frameworks refuse it, or torch "
            + "emulates it many times slower.",
        Sources =
        [
            new("huggingface/transformers@00349ae8", "src/transformers/training_args.py (bf16: Ampere or newer)"),
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/config.py:1773 (bf16 that the card lacks)"),
            new("NVIDIA, CUDA C++ Programming Guide", "arithmetic by compute capability: bfloat16 from 8.0"),
            new("pytorch/pytorch pull request 148322", "bf16 needs compute capability 8.0; below it is emulated in software"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var card = context.Recognised.Root.Origin?.Card;
        var named = card is { IsScalar: true } ? GpuCatalog.FindByName(card.Text) : null;
        if ((context.Gpu ?? named) is not { HasBf16: false } gpu || !context.Config.TrainsLora)
            return;
        var config = context.Config;
        var place = config.Bf16 is { IsWritten: true, Entry: not null } && config.Bf16.Or(false) ? config.Bf16
            : config.ComputeDtype is { IsWritten: true, Entry: not null } && config.ComputeDtype.Or("") == "bfloat16" ? config.ComputeDtype
            : (ISetting?)null;
        if (place is null)
            return;
        var canRename = place.Entry is { Key: "bf16", IsMerged: false } && place.Entry.Span.Length > 0 && context.Read.Find("fp16") is null
            && config.Bf16.Key == "bf16" && !place.Entry.Value.IsAlias;
        var from = context.Gpu is not null ? "loralint.yaml" : "the notebook's settings";
        context.Report(
            place,
            $"{place.Entry!.Key} trains in bfloat16, which the {gpu.Name} ({from}) has no arithmetic for: it is refused or emulated, many "
            + "times slower; train in fp16 there, or take a card from Ampere on",
            canRename ? new Fix(FixSafety.Unsafe, "Train in fp16", context.Edit.Rename(place.Entry, "fp16")) : null,
            related: context.Gpu is null && card is not null
                ? [new RelatedPlace(context.Document.Source, card.Span, $"the notebook's card is {card.Text}")] : null);
    }
}
