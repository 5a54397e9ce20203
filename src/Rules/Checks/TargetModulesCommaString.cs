using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>Several module names stand in one string that the loader does not split.</summary>
public sealed class TargetModulesCommaString : Rule
{
    private static readonly char[] s_separators = [',', ';', ' '];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL131",
        Name = "target-modules-comma-string",
        Category = Category.Correctness,
        Summary = "Several target modules stand in one string that nothing splits.",
        Why = "The whole string is taken for one name or one regular expression, which matches no module.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2326-2332; run: \"q_proj,v_proj\" matches no module"),
            new(Upstream.LlamaFactory, "src/llamafactory/hparams/finetuning_args.py, split_arg: the one loader that splits a string"),
            new(Upstream.MsSwift, "swift/cli/main.py:38-66: a YAML string becomes one argument"),
        ],
        Formats =
        [
            "peft", "axolotl", "trl", "ms-swift", "llama-factory", "python", "oumi", "ludwig", "llmforge", "verl", "csharp",
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { } value)
            return;
        if (value.Pattern is { } pattern)
            Check(context, value, pattern);
        foreach (var name in value.Names.Where(n => n.Text == n.Node.Text))
            Check(context, value, name.Node);
    }

    private static void Check(CheckContext context, PeftTargetValue value, ConfigNode node)
    {
        var names = node.Text.Split(s_separators, StringSplitOptions.RemoveEmptyEntries);
        if (names.Length < 2 || node.Text.IndexOfAny(s_separators) < 0 || names.Any(n => !IsName(n)))
            return;
        // A list cannot hold the word for all layers either, so then there is nothing that fits.
        var canSplit = !node.IsAlias && !(names.Any(PeftTargetValue.IsAllLinear) && !value.ExpandsAllInList);
        var edit = context.Edit;
        TextEdit? split = !canSplit ? null
            : value.List is { } list ? edit.ReplaceItem(list, node, names.Select(edit.Word))
            : context.Format is CSharpFormat ? null : edit.Replace(value.Entry, edit.Words(value.Entry, names));
        var effect = context.Format is CSharpFormat ? "counts" : "reaches PEFT";
        context.Report(
            node,
            $"\"{node.Text}\" {effect} as one {(value.Pattern is null ? "name" : "regular expression")}, which matches no module, "
            + $"because nothing splits it; write a list: {edit.Words(value.Entry, names)}",
            split is { } change ? new Fix(FixSafety.Safe, "Write each name as an item of a list", change) : null);
    }

    private static bool IsName(string text) => !PythonPattern.HasSpecialCharacter(text) && text.Any(char.IsLetter);
}
