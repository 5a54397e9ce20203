using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The warmup is written twice, as a share and in steps.</summary>
public sealed class WarmupBothSet : Rule
{
    private static readonly (string Ratio, string Steps)[] s_pairs =
        [("warmup_ratio", "warmup_steps"), ("train.lr_warmup_fraction", "train.lr_warmup_steps")];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL305",
        Name = "warmup-both-set",
        Category = Category.Correctness,
        Summary = "The warmup is given both as a share of training and in steps.",
        Why = "Axolotl, ms-swift and litgpt refuse both; transformers obeys the steps before version 5 and the share since.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/validation.py:298-303"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/trainers/arguments.py:225-230"),
            new("Lightning-AI/litgpt@26857050 (2026-06-29)", "litgpt/args.py:42-45"),
            new("huggingface/transformers@00349ae8 (version 5)", "src/transformers/training_args.py: __post_init__"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var pairs = context.Format switch { CSharpFormat code => PairOf(code), OwnSchemaFormat => [], _ => s_pairs };
        foreach (var (ratioKey, stepsKey) in pairs)
        {
            var ratio = context.Read.Number(ratioKey);
            var steps = context.Read.Number(stepsKey);
            if (!ratio.IsWritten || !steps.IsWritten || ratio.Or(0) == 0 || steps.Or(0) == 0)
                continue;
            var isRefused = context.Format.Name is "axolotl" or "ms-swift" or "litgpt";
            context.Report(
                ratio,
                $"{ratio.Entry!.Key} and {steps.Entry!.Key} are both set, "
                + (isRefused ? $"and {context.Format.Title} stops"
                    : context.Format is CSharpFormat ? "and the steps count"
                    : "and it depends on the version of transformers which one counts")
                + "; keep one",
                new Fix(FixSafety.Unsafe, $"Remove {ratio.Entry.Key}", context.Edit.Remove(ratio.Entry)),
                isRefused ? null : Category.Suspicious,
                context.Beside(steps));
        }
    }

    // What a program's own type or schema does with both is not known.
    private static (string Ratio, string Steps)[] PairOf(CSharpFormat code) =>
        code is { IsOwn: true } && code.Find(nameof(WarmupUnit.Ratio)) is { } ratio && code.Find(nameof(WarmupUnit.Steps)) is { } steps
            ? [(ratio.Key, steps.Key)] : [];
}
