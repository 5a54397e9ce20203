using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>Single rows of an embedding are to be trained, and all of it too.</summary>
public sealed class TrainableTokensConflict : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL165",
        Name = "trainable-tokens-conflict",
        Category = Category.Correctness,
        Summary = "Single tokens of an embedding are trained, and the whole embedding too.",
        Why = "PEFT refuses an embedding that is both among the modules to save and has trainable tokens.",
        Sources = [new(Upstream.Peft, "src/peft/utils/other.py:1575-1583")],
        Formats = ["peft", "axolotl", "python"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var key = context.Format.Name == "axolotl" ? "peft_trainable_token_indices" : "trainable_token_indices";
        if (!context.Read.Has(key) || context.Read.Find(key) is not { } tokens || !context.Config.ModulesToSave.TryGet(out var saved)
            || context.Config.ModulesToSave is not { IsWritten: true } setting)
            return;
        // A list is of the input embedding, which has this name in the models that have such lists.
        var layers = tokens.Value.IsMapping ? [.. tokens.Value.Entries.Where(e => !e.IsOverridden).Select(e => e.Key)]
            : tokens.Value.IsSequence && tokens.Value.Items.Count > 0 ? new[] { "embed_tokens" } : [];
        foreach (var layer in layers.Where(saved.Contains))
        {
            context.Report(
                tokens,
                $"{key} trains single rows of {layer}, and {setting.Key} trains all of it: PEFT stops; keep {key} for a few tokens, or "
                + $"leave it out and train {layer} in full",
                new Fix(FixSafety.Unsafe, $"Remove {key}", context.Edit.Remove(tokens)),
                related: context.Beside(setting));
        }
    }
}
