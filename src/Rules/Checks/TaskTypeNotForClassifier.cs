using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A classifier gets an adapter whose task type is missing or another one, so that its head is not trained.</summary>
public sealed class TaskTypeNotForClassifier : Rule
{
    // Words of a script that sees to the head itself.
    private static readonly string[] s_remedies = ["modules_to_save", "requires_grad", "SEQ_CLS", "TOKEN_CLS"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL189",
        Name = "task-type-not-for-classifier",
        Category = Category.Suspicious,
        Summary = "The model is a classifier, and the adapter's task type does not say so.",
        Why = "The head of a classifier is new and random. By the task type PEFT knows to train it and to save it with the adapter; "
            + "without, it stays as it is, and whoever loads the adapter gets another random one.",
        Sources =
        [
            new(Upstream.Peft, "docs/source/developer_guides/troubleshooting.md:145-161: randomly initialized layers"),
            new(Upstream.Peft, "src/peft/peft_model.py: PeftModelForSequenceClassification, PeftModelForTokenClassification"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Recognised.Root.Origin is not { } origin || origin.Find(CodeCallKind.Model) is not { } model
            || origin.Find(CodeCallKind.Adapter) is not { Name: "LoraConfig", IsComplete: true } adapter)
            return;
        var type = model.Name.Split('.')[0];
        var wanted = type.EndsWith("ForSequenceClassification", StringComparison.Ordinal) ? "SEQ_CLS"
            : type.EndsWith("ForTokenClassification", StringComparison.Ordinal) ? "TOKEN_CLS" : null;
        var written = context.Read.Find("task_type");
        if (wanted is null || context.Read.Find("modules_to_save") is not null
            || (written is not null && (written.Value.IsUnknown || written.Value.Text is not ("CAUSAL_LM" or "SEQ_2_SEQ_LM")))
            || s_remedies.Any(r => context.Document.Source.Text.IndexOf(r, StringComparison.Ordinal) >= 0))
            return;
        var how = written is null ? "without task_type" : $"with task_type {written.Value.Text}";
        var message = $"{type} has a new head, and {how} PEFT "
            + $"neither trains it nor saves it: write task_type {wanted}, or name the head in modules_to_save";
        IReadOnlyList<RelatedPlace> related = [new RelatedPlace(context.Document.Source, model.Span, "the model is loaded here")];
        var word = context.Edit.Word(wanted);
        if (written is not null)
        {
            context.Report(
                written, message, new Fix(FixSafety.Unsafe, $"Set task_type to {wanted}", context.Edit.Replace(written, word)),
                related: related);
            return;
        }

        var rank = context.Config.Rank is { IsWritten: true, Entry: { } entry } ? entry : null;
        context.Report(
            new TextSpan(adapter.Span.Start, Math.Min(adapter.Span.Length, adapter.Name.Length)),
            message,
            rank is null ? null
                : new Fix(FixSafety.Unsafe, $"Set task_type to {wanted}", context.Edit.InsertAfter(rank, "task_type", word)),
            related: related);
    }
}
