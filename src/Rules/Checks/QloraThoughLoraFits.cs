using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The base is quantized on a card that has room for it in 16 bits.</summary>
public sealed class QloraThoughLoraFits : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL604",
        Name = "qlora-though-lora-fits",
        Category = Category.Advice,
        Summary = "The base is in 4 bits on a card that has room for it in 16.",
        Why = "Each pass turns 4-bit weights back into 16 bits, which costs time, and what their rounding loses is lost for nothing.",
        Sources =
        [
            new("Documented guidance (docs/guidance.md)", "2.5 to 2.7: LoRA where there is memory for it"),
            new("Raschka 2023, Practical Tips for Finetuning LLMs Using LoRA", "QLoRA: a third less memory, 39 % more time"),
            new("Against it: QLoRA, arXiv 2305.14314", "4 bits reach what 16 do, and the memory may serve larger batches"),
        ],
        Guidance = ["2.7"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Gpu is not { } gpu || OneCard.IsSpread(context) || context.Workload.Read() is not { Bits: 4 } load
            || load.Model.Quantization is not null || CheckpointNames.SuggestsQuantized(load.Model.Name)
            || load.In(16).Estimate() is not { } memory || memory.High > CardFit.Usable * gpu.Bytes)
            return;
        context.Report(
            context.Config.QuantizationBits,
            $"in 16 bits the run takes {memory.InBrief()} and fits {gpu.Name} with {CardMemory.InFull(gpu.Bytes)}; without quantization "
            + $"training is faster (39 % more time for QLoRA, Raschka 2023), so keep 4 bits "
            + $"(about {MemoryEstimate.Shown(load.Estimate()!.Total)}) only where something else needs the memory",
            related: context.Beside(context.Config.BaseModel));
    }
}
