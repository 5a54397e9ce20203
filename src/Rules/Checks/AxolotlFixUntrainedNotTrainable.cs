using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>Axolotl: a token whose embedding is mended is not among those that are trained.</summary>
public sealed class AxolotlFixUntrainedNotTrainable : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL919",
        Name = "axolotl-fix-untrained-not-trainable",
        Category = Category.Suspicious,
        Summary = "A token in fix_untrained_tokens is not in peft_trainable_token_indices.",
        Why = "Its row of the embedding gets a sensible start and is then not trained, since only the listed tokens are.",
        Sources = [new(Upstream.Axolotl, "src/axolotl/utils/schemas/config.py:1505-1523: a warning")],
        Formats = ["axolotl"],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var read = context.Read;
        if (read.Find("fix_untrained_tokens") is not { } mended || read.Find("peft_trainable_token_indices") is not { } trained
            || trained.Value.IsMapping || Items(context, mended.Value) is not { } wanted || Items(context, trained.Value) is not { } there
            || there.Count == 0)
            return;
        var missing = wanted.Where(w => there.All(t => t.Text != w.Text)).ToList();
        if (missing.Count == 0)
            return;
        var names = string.Join(", ", missing.Select(m => m.Text));
        TextEdit? fix = trained.Value is { IsSequence: true, IsAlias: false } list
            ? context.Edit.ReplaceItem(
                list, list.Items[list.Items.Count - 1], [there[there.Count - 1].Text, .. missing.Select(m => m.Text)])
            : trained.Value.IsScalar
            ? context.Edit.Replace(trained, "[" + string.Join(", ", there.Concat(missing).Select(m => m.Text)) + "]") : null;
        context.Report(
            missing[0],
            $"{names} {(missing.Count == 1 ? "is" : "are")} mended by fix_untrained_tokens but not trained: add "
            + $"{(missing.Count == 1 ? "it" : "them")} to peft_trainable_token_indices",
            fix is null ? null : new Fix(FixSafety.Safe, $"Train {names} too", fix.Value),
            related: context.Beside(trained));
    }

    private static List<ConfigNode>? Items(CheckContext context, ConfigNode node)
    {
        var items = node.IsSequence ? node.Items.ToList() : [node];
        return items.All(i => i.IsScalar && context.Read.TryNumber(i, out _)) ? items : null;
    }
}
