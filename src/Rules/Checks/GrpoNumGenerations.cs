using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The answers to one prompt are too few to compare, or do not divide the batch they are made in.</summary>
public sealed class GrpoNumGenerations : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL332",
        Name = "grpo-num-generations",
        Category = Category.Correctness,
        Summary = "The number of answers to a prompt is below 2 or does not divide the generation batch.",
        Why = "GRPO compares the answers to one prompt with each other: it needs two at least, and whole groups in a batch; trainers stop "
            + "otherwise.",
        Sources =
        [
            new(Upstream.Trl, "trl/trainer/grpo_config.py:1075-1120"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/validation.py:787-851"),
            new(Upstream.MsSwift, "swift/arguments/rlhf_args.py:408, swift/rlhf_trainers/args_mixin.py:224-230"),
        ],
        Formats = ["axolotl", "trl", "ms-swift", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        var prefix = context.Format.Name == "axolotl" ? "trl." : "";
        var kind = context.Format.Name switch { "axolotl" => "rl", "ms-swift" => "rlhf_type", _ => null };
        var count = read.Number(prefix + "num_generations");
        if (!count.IsWritten || !count.TryGet(out var answers) || (kind is not null && read.Text(kind).Or("") != "grpo")
            || (context.Format.Name == "python" && context.Recognised.Root.Origin?.Find(CodeCallKind.Arguments)?.Name != "GRPOConfig"))
            return;
        if (answers < 2)
        {
            // ms-swift lets a teacher judge single answers.
            if (context.Format.Name != "ms-swift" || !read.HasAny("teacher_model", "teacher_model_server"))
                context.Report(count, $"{count.Key} {ConfigEditor.Number(answers)} leaves nothing to compare an answer with: no update "
                    + "could follow, and the trainer stops; write at least 2 (8 is usual)",
                    context.Format.Name == "axolotl" ? null : AskedFix.Set(context, count, 8));
            return;
        }

        var batch = read.Number(prefix + "generation_batch_size");
        if (batch.TryGet(out var size))
        {
            if (size % answers != 0)
                context.Report(
                    batch,
                    $"{batch.Key} {ConfigEditor.Number(size)} is no multiple of {count.Key} {ConfigEditor.Number(answers)}: groups would "
                    + "be cut, and the trainer stops",
                    AskedFix.Set(context, batch, Math.Ceiling(size / answers) * answers),
                    related: context.Beside(count));
        }
        else if (context.Format.Name == "axolotl" && !batch.IsWritten)
        {
            CheckAxolotlBatch(context, count, answers);
        }
    }

    // Axolotl takes a missing value for 1 and does not count devices.
    private static void CheckAxolotlBatch(CheckContext context, Setting<double> count, double answers)
    {
        var micro = context.Read.Number("micro_batch_size", 1);
        var sums = context.Read.Number("gradient_accumulation_steps", 1);
        if (!micro.TryGet(out var size) || !sums.TryGet(out var steps) || size * steps % answers == 0)
            return;
        context.Report(
            count,
            $"micro_batch_size {ConfigEditor.Number(size)} x gradient_accumulation_steps {ConfigEditor.Number(steps)} is no multiple of "
            + $"{count.Key} {ConfigEditor.Number(answers)}: a batch would cut a group of answers, and axolotl stops",
            Divisor(size * steps, answers) is { } fitting ? AskedFix.Set(context, count, fitting) : null,
            related: context.Beside(micro, sums));
    }

    // The most answers, not above a number, that a batch has whole groups of.
    private static double? Divisor(double batch, double most)
    {
        for (var answers = Math.Min(most, 1024); answers >= 2; answers--)
        {
            if (batch % answers == 0)
                return answers;
        }

        return null;
    }
}
