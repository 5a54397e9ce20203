using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>One LLaMA-Factory file for training and export: the export command refuses training keys.</summary>
public sealed class LfTrainKeysInExport : Rule
{
    private static readonly string[] s_trainingKeys =
    [
        "output_dir", "learning_rate", "num_train_epochs", "max_steps", "per_device_train_batch_size", "gradient_accumulation_steps",
        "lr_scheduler_type", "warmup_ratio", "warmup_steps", "logging_steps", "save_steps", "do_train", "bf16", "fp16", "ddp_timeout",
        "deepspeed", "overwrite_output_dir", "resume_from_checkpoint", "optim", "weight_decay", "report_to",
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL924",
        Name = "lf-train-keys-in-export",
        Category = Category.Suspicious,
        Summary = "Keys for training and for export stand in one file.",
        Why = "The export command refuses every key it does not know, training arguments among them; training ignores the export keys.",
        Sources =
        [
            new("hiyouga/LLaMA-Factory@ff6d4d12 (2026-08-18)", "src/llamafactory/hparams/parser.py:60-70, 369-377"),
            new("hiyouga/LLaMA-Factory", "issues 5382, 6456, 8301"),
        ],
        Formats = ["llama-factory"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (!context.Read.Has("export_dir"))
            return;
        var found = s_trainingKeys.Where(k => context.Read.Find(k) is not null).ToList();
        if (found.Count == 0)
            return;
        var names = string.Join(", ", found.Take(3)) + (found.Count > 3 ? $" and {found.Count - 3} more" : "");
        context.Report(
            context.Read.Find("export_dir")!,
            $"export_dir is read by `llamafactory-cli export` alone, which refuses the training keys in this file ({names}); keep one "
            + "file for training and one for export",
            Split(context, found));
    }

    // A file that says do_train is for training; else what it exports is what it is for.
    private static Fix? Split(CheckContext context, IReadOnlyList<string> training)
    {
        var isTraining = context.Read.IsOn("do_train");
        var gone = context.Recognised.Root.Entries.Where(
                e => !e.IsMerged && !e.IsOverridden
                    && (isTraining ? e.Key.StartsWith("export_", StringComparison.Ordinal) : training.Contains(e.Key)))
            .ToList();
        if (context.Document.Language != ConfigLanguage.Yaml || context.Recognised.Root.IsFlow || context.Recognised.Root.Origin is not null
            || gone.Any(e => context.Edit.HoldsComment(e.Span)) || gone.Count == 0)
            return null;
        return new Fix(
            FixSafety.Unsafe,
            isTraining ? "Remove the keys of the export" : "Remove the keys of the training",
            [.. gone.Select(context.Edit.Remove)]);
    }
}
