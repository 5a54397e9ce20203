using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The base model comes from the hub as it is on the day.</summary>
public sealed class RevisionUnpinned : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL722",
        Name = "revision-unpinned",
        Category = Category.Preview,
        Summary = "A base model of the hub is named without a revision.",
        Why = "Owners replace files of a model, mostly templates and tokenizers, so the same config may train another model next month.",
        Sources =
        [
            new("huggingface/transformers", "SECURITY.md: set a revision to protect from updates of a repository"),
            new("huggingface/huggingface_hub", "docs/source/en/guides/download.md: a branch, tag or commit; main without one"),
        ],
        Formats = ["axolotl", "llama-factory", "trl", "ms-swift", "python"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var model = context.Config.BaseModel;
        if (!context.Config.TrainsLora || !model.IsWritten || !model.TryGet(out var name) || HubModel.IsPinned(context)
            || !HubModel.IsNameOnHub(context, name))
            return;
        context.Report(
            model,
            $"{name} is taken as it is on the hub on the day; {HubModel.RevisionKey(context.Format)} pins the commit that this config was "
            + "tried with");
    }
}
