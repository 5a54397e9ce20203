using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The task type is none of PEFT's six.</summary>
public sealed class TaskTypeInvalid : Rule
{
    private static readonly string[] s_types = ["CAUSAL_LM", "SEQ_CLS", "SEQ_2_SEQ_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL158",
        Name = "task-type-invalid",
        Category = Category.Correctness,
        Summary = "The task type is none that PEFT knows.",
        Why = "PEFT raises a ValueError on it, and compares with case.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/config.py:95-99, src/peft/utils/peft_types.py:99-104"),
            new(Upstream.Trl, "trl/trainer/utils.py:264-265: handed on as written"),
        ],
        Formats = ["peft", "trl", "python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var key = context.Format.Name == "trl" ? "lora_task_type" : "task_type";
        if (!context.Read.Has(key) || context.Read.Find(key) is not { Value.IsUnknown: false } entry || s_types.Contains(entry.Value.Text))
            return;
        var upper = entry.Value.Text.ToUpperInvariant().Replace('-', '_');
        var wanted = s_types.Contains(upper) ? context.Edit.Word(upper) : null;
        var shown = entry.Value.IsScalar ? "\"" + entry.Value.Text + "\"" : "a list or mapping";
        context.Report(
            entry,
            $"{key} {shown} is refused; {(wanted is null ? $"PEFT takes {string.Join(", ", s_types)}" : $"write {wanted}")}",
            wanted is null ? null : new Fix(FixSafety.Safe, $"Write {wanted}", context.Edit.Replace(entry, wanted)));
    }
}
