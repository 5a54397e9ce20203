using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Gradients are checkpointed by reentering on a frozen base whose inputs require none.</summary>
public sealed class ReentrantWithoutInputGrads : Rule
{
    private static readonly ReleaseNumber s_version5 = ReleaseNumber.Parse("5.0")!;

    // What makes inputs require gradients, by whatever way, and what lets PEFT see in time that gradients are checkpointed.
    private static readonly string[] s_remedies =
    [
        "prepare_model_for", "enable_input_require_grads", "make_inputs_require_grad", "requires_grad", "gradient_checkpointing_enable",
        "use_reentrant",
    ];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL226",
        Name = "reentrant-without-input-grads",
        Category = Category.Suspicious,
        Summary = "An adapter on a frozen base is trained with gradient checkpointing, and the inputs do not require gradients.",
        Why = "Reentrant checkpointing recomputes a layer only if one of its inputs requires gradients; behind a frozen embedding none "
            + "does, so the loss has no gradient and the run stops, or trains nothing.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/peft_model.py:183, 726-742: inputs are made to require them only if checkpointing is on already"),
            new("huggingface/transformers#26221, huggingface/peft#1142"),
            new("huggingface/transformers#43203", "reentrant checkpointing is the default up to the releases of January 2026"),
        ],
        Formats = ["python"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var config = context.Config;
        var checkpointing = config.GradientCheckpointing;
        if (context.Recognised.Root.Origin is not { } origin || !checkpointing.IsWritten || !checkpointing.Or(false)
            || origin.Find(CodeCallKind.Preparation) is not { Name: "get_peft_model" }
            // TRL and Unsloth do it themselves; a quantized model is kbit-prepare-missing's matter.
            || origin.Find(CodeCallKind.Trainer) is not { Name: "Trainer" or "Seq2SeqTrainer" }
            || origin.Find(CodeCallKind.Model) is not { IsComplete: true } || config.QuantizationBits.Or(4) < 16
            || !config.QuantizationBits.IsKnown || context.Read.Has("gradient_checkpointing_kwargs")
            || config.ModulesToSave.Or(["?"]).Count > 0 || context.Read.Has("trainable_token_indices")
            || TrainsEmbedding(config) || s_remedies.Any(r => context.Document.Source.Text.Contains(r))
            || context.RequirementOf("transformers") is { } required && required.Range.IsSurelyFrom(s_version5))
            return;
        context.Report(
            checkpointing,
            "the base is frozen, and nothing makes its inputs require gradients: with checkpointing that reenters (the default before "
            + "transformers 5) no gradient reaches the adapter; say gradient_checkpointing_kwargs={\"use_reentrant\": False}, or call "
            + "model.enable_input_require_grads() before get_peft_model",
            checkpointing.Entry is { } entry && entry.KeySpan.Length > 0 ? new Fix(
                FixSafety.Safe,
                "Checkpoint without reentering",
                context.Edit.InsertAfter(entry, "gradient_checkpointing_kwargs", "{\"use_reentrant\": False}")) : null);
    }

    private static bool TrainsEmbedding(TrainingConfig config) =>
        config.TargetModules.IsWritten && (!config.TargetModules.TryGet(out var modules) || modules.Names is not { } names
            || names.Any(n => n.IndexOf("emb", StringComparison.Ordinal) >= 0 || n.IndexOf("wte", StringComparison.Ordinal) >= 0));
}
