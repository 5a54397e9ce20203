using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>QALoRA pools inputs in groups, and the inputs of an adapted layer are not made of whole ones.</summary>
public sealed class QaloraGroupSize : Rule
{
    // LoraConfig.qalora_group_size when it is not written.
    private const double UsualSize = 16;

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL190",
        Name = "qalora-group-size",
        Category = Category.Correctness,
        Summary = "The inputs of an adapted layer cannot be divided by qalora_group_size.",
        Why = "QALoRA averages groups of inputs before the adapter, so PEFT stops at a layer whose inputs are not a multiple of the group.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/lora/variants.py:470-478 (the error)"),
            new(Upstream.Peft, "src/peft/tuners/lora/gptq.py:58-68 (GPTQ alone has it)"),
            new("QA-LoRA, Xu et al. 2023, arXiv 2309.14717", "section 3.3"),
        ],
        Formats = ["peft", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var size = context.Read.Number("qalora_group_size", UsualSize);
        if (!context.Read.IsOn("use_qalora") || !size.TryGet(out var group) || group < 1 || group != Math.Floor(group)
            || context.BaseModel.Model is not { Quantization: "gptq" } model || context.BaseModel.Adapters.Count == 0)
            return;
        var refused = context.BaseModel.Adapters.Select(a => a.Modules.Where(m => m.Module.Inputs % (long)group != 0).ToList()).ToList();
        if (refused.Any(r => r.Count == 0))
            return;
        var first = refused[0][0].Module;
        var use = context.Read.Find("use_qalora")!;
        var common = context.BaseModel.Adapters.SelectMany(a => a.Modules).Select(m => m.Module.Inputs)
            .Aggregate((long)group, GreatestCommonDivisor);
        context.Report(
            size.IsWritten ? size.Entry! : use,
            $"{first.LastPart} of {KnownModel.Describe(model)} has {first.Inputs} inputs, which groups of {(long)group} do not divide: "
            + $"PEFT stops; {(common > 1 ? $"{common} divides those of all adapted layers" : "leave such layers out")}",
            common < 2 ? null : new Fix(
                FixSafety.Unsafe,
                $"Set qalora_group_size to {common}",
                context.Edit.Set(size, ConfigEditor.Number(common), behind: use)));
    }

    private static long GreatestCommonDivisor(long a, long b)
    {
        while (b != 0)
            (a, b) = (b, a % b);
        return a;
    }
}
