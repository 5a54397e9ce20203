using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A bare <c>None</c>: YAML does not know Python's word for null and reads the text "None".</summary>
public sealed class YamlNoneString : Rule
{
    // NeMo Automodel reads the word as Python does (components/config/loader.py, translate_value); H2O LLM Studio writes it into its own
    // files and compares with it (llm_studio/python_configs).
    private static readonly string[] s_readNone = ["nemo-automodel", "h2o-llmstudio", OwnSchemaFormat.FormatName];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL017",
        Name = "yaml-none-string",
        Category = Category.Suspicious,
        Summary = "A value is the word None, which YAML reads as text.",
        Why = "The framework gets the text \"None\" as a path, name or number instead of no value.",
        Sources =
        [
            new("YAML 1.1 and 1.2", "null is written null, ~ or left blank"),
            new("PyYAML 6.0.3", "run: None is text"),
            new("modelscope/ms-swift@3602360a (2026-08-22)", "swift/cli/main.py:58-69 (null itself becomes the word None on a command "
                + "line)"),
        ],
        Fix = FixSafety.Safe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Document.Language == ConfigLanguage.Yaml && !s_readNone.Contains(context.Format.Name))
            Walk(context, context.Recognised.Root, isRoot: true);
    }

    private static void Walk(CheckContext context, ConfigNode node, bool isRoot)
    {
        if (node.IsAlias)
            return;
        foreach (var entry in node.Entries)
        {
            if (entry.IsMerged || entry.IsOverridden)
                continue;
            var isCommandLine = isRoot && context.Format.Name == "ms-swift";
            if (isCommandLine && entry.Value.IsScalar && (IsNone(entry.Value) || context.Read.IsNull(entry.Value)))
            {
                context.Report(
                    entry,
                    $"ms-swift turns the file into a command line, where {entry.Key} becomes the word None; leave the key out",
                    new Fix(FixSafety.Unsafe, $"Remove {entry.Key}", context.Edit.Remove(entry)));
            }
            else if (IsNone(entry.Value))
                Report(context, entry.Value, entry.Key);
            else
                Walk(context, entry.Value, isRoot: false);
        }

        foreach (var item in node.Items)
        {
            if (IsNone(item))
                Report(context, item, "this item");
            else
                Walk(context, item, isRoot: false);
        }
    }

    private static bool IsNone(ConfigNode node) => node is { IsScalar: true, Style: ScalarStyle.Plain, Text: "None", Tag: null };

    private static void Report(CheckContext context, ConfigNode value, string what) =>
        context.Report(
            value,
            $"{what} is the text \"None\": YAML does not know Python's None; write null, or leave the value blank",
            new Fix(FixSafety.Safe, "Write null", context.Edit.Replace(value, "null")));
}
