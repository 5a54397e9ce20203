using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An initialisation that changes the base shares that base with other adapters.</summary>
public sealed class InitChangesSharedBase : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL193",
        Name = "init-changes-shared-base",
        Category = Category.Suspicious,
        Summary = "PiSSA, OLoRA or CorDA changes the base's weights, and the script puts another adapter on the same base.",
        Why = "These initialisations take a part out of the base's weights and put it into the adapter, so any other adapter meets a base "
            + "that it was not trained on.",
        Sources = [new(Upstream.Peft, "src/peft/peft_model.py:1360-1393 (a warning)"), new("PiSSA, Meng et al. 2024, arXiv 2404.02948")],
        Formats = ["python"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var init = context.Config.Init;
        if (context.Recognised.Root.Origin is not { } origin || !init.IsWritten || !init.TryGet(out var name)
            || name is not ("pissa" or "olora" or "corda")
            || origin.Find(CodeCallKind.Preparation) is not { Name: "get_peft_model" }
            || origin.FindMethod("load_adapter", "add_adapter") is not { } other
            // Converted to a plain adapter it leaves the base alone.
            || context.Document.Source.Text.Contains("path_initial_model_for_weight_conversion"))
            return;
        context.Report(
            init,
            $"{name} moves a part of the base's weights into the adapter, and {other.Name} puts another adapter on the changed base, "
            + "which it was not trained on; convert this one to a plain adapter when it is saved "
            + "(path_initial_model_for_weight_conversion), or load the other on a base of its own",
            related: [new RelatedPlace(context.Document.Source, other.Span, "the other adapter comes here")]);
    }
}
