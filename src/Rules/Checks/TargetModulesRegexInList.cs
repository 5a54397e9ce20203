using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>A regular expression or glob stands in a list, where PEFT compares literally.</summary>
public sealed class TargetModulesRegexInList : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL132",
        Name = "target-modules-regex-in-list",
        Category = Category.Correctness,
        Summary = "An entry in the list of target modules is a regular expression or a glob.",
        Why = "PEFT compares list entries with module names literally, so a pattern in a list matches nothing, and without a word when "
            + "others do.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:2328-2332; run: [\".*q_proj\"] matches no module"),
            new("huggingface/peft#1206"),
            new(Upstream.Axolotl, "src/axolotl/utils/schemas/config.py:1734-1748: only looks whether it compiles"),
        ],
        Formats = KnownModel.PeftFormats,
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (PeftTargetValue.Read(context.Format, context.Read) is not { } value)
            return;
        var patterns = value.Names.Where(n => PythonPattern.HasSpecialCharacter(n.Text)).ToList();
        var fix = patterns.Count == 0 ? null : FixOf(context, value);
        foreach (var pattern in patterns)
        {
            var others = value.Names.Count > patterns.Count ? "; the other entries hide that this one is never used" : "";
            var advice = context.Format.Name switch
            {
                "ms-swift" => "write it under target_regex",
                "csharp" => "write one regular expression for TargetPattern, or the names alone",
                "llama-factory" => "lora_target takes names only: list them, or write all",
                "oumi" or "ludwig" or "autotrain" or "h2o-llmstudio" => $"{value.Entry.Key} takes names only: list them",
                _ => "write one regular expression as a string, or the names alone",
            };
            context.Report(
                pattern.Node,
                $"\"{pattern.Text}\" is compared literally because it stands in a list, and no module is called that{others}; {advice}",
                fix);
        }
    }

    // One string for the whole list: names become suffixes, patterns stay. A string cannot go with layers chosen beside it.
    private static Fix? FixOf(CheckContext context, PeftTargetValue value)
    {
        var canBeString = context.Format.Name is "peft" or "python" or "axolotl" or "trl" or "llmforge" or "verl" or "csharp"
            && !value.ExpandsAllInList
            && LayerKeys.Layers(context) is null && LayerKeys.Pattern(context) is null
            && !context.Read.Has("layers_to_transform") && !context.Read.Has("peft_layers_to_transform")
            && !context.Read.Has("layers_pattern") && !context.Read.Has("peft_layers_pattern");
        if (!canBeString || value.List is not { } list || list.IsAlias || value.Names.Count != list.Items.Count
            || context.Edit.HoldsComment(list.Span) || value.Names.Any(n => PeftTargetValue.IsAllLinear(n.Text)))
            return null;
        var parts = value.Names.Select(n => PythonPattern.HasSpecialCharacter(n.Text) ? WholeName(n.Text) : @"(.*\.)?" + n.Text).ToList();
        if (parts.Any(p => p is null || !PythonPattern.TryTranslate(p, out _)))
            return null;
        var pattern = context.Edit.Word(string.Join("|", parts));
        var replaced = context.Edit.Replace(value.Entry, pattern);
        if (context.Format is not CSharpFormat)
            return new Fix(FixSafety.Unsafe, $"Write the string {pattern}", replaced);
        // The string has a member of its own.
        IReadOnlyList<TextEdit> edits = [context.Edit.Rename(value.Entry, RunMembers.TargetPattern), replaced];
        return new Fix(FixSafety.Unsafe, $"Write the string {pattern} as {RunMembers.TargetPattern}", edits);
    }

    // Only what reaches over the whole name by itself is sure to mean the same as a string.
    private static string? WholeName(string pattern) =>
        pattern.StartsWith(".*", StringComparison.Ordinal) || pattern.StartsWith("(.*", StringComparison.Ordinal) ? pattern
            : pattern.StartsWith("^", StringComparison.Ordinal) && pattern.Length > 1 ? pattern.Substring(1) : null;
}
