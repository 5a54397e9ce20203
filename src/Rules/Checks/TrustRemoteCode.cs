using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Code from the base model's repository is run, whatever it holds on the day.</summary>
public sealed class TrustRemoteCode : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL721",
        Name = "trust-remote-code",
        Category = Category.Advice,
        Summary = "Code from the base model's repository is run, and the revision is not pinned.",
        Why = "Whoever can write to that repository can run code on your machine; a pinned revision is at least the code that was "
            + "looked at.",
        Sources =
        [
            new("axolotl-ai-cloud/axolotl@067b021c (2026-07-24)", "src/axolotl/utils/schemas/model.py:112-119"),
            new("huggingface/transformers", "SECURITY.md: verify the modeling files and set a revision to protect from updates"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var trust = context.Read.Bool("trust_remote_code");
        if (!trust.IsWritten || !trust.Or(false) || HubModel.IsPinned(context)
            || !context.Config.BaseModel.TryGet(out var model) || HubModel.IsLocal(context, model))
            return;
        context.Report(
            trust,
            $"trust_remote_code runs whatever code {model} holds when it is loaded; drop it when transformers knows the architecture "
            + "itself "
            + $"(Llama, Qwen, Mistral, Gemma and most others), else review the code and pin its commit with "
            + HubModel.RevisionKey(context.Format));
    }
}
