using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>An integer that YAML 1.1 reads in base 8 (<c>010</c>) or base 60 (<c>1:30</c>).</summary>
public sealed class YamlOctalOrSexagesimal : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL018",
        Name = "yaml-octal-or-sexagesimal",
        Category = Category.Suspicious,
        Summary = "An integer is read in base 8 or base 60.",
        Why = "YAML 1.1 takes a leading zero as octal and colons between digits as base 60, so another number arrives than the one "
            + "written.",
        Sources =
        [
            new("YAML 1.1", "yaml.org/type/int.html"),
            new("PyYAML 6.0.3", "run: 010 is 8, 1:30 is 90"),
        ],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        // With which loader a project reads its own files is not known, and later versions of YAML have neither.
        if (context.Document.Language == ConfigLanguage.Yaml && context.Format is not OwnSchemaFormat)
            Walk(context, context.Recognised.Root);
    }

    private static void Walk(CheckContext context, ConfigNode node)
    {
        if (node.IsAlias)
            return;
        foreach (var entry in node.Entries)
        {
            if (!entry.IsMerged && !entry.IsOverridden)
                Walk(context, entry.Value);
        }

        foreach (var item in node.Items)
            Walk(context, item);
        if (node is not { IsScalar: true, Style: ScalarStyle.Plain, Tag: null }
            || context.Read.Dialect.Read(node) is not { Kind: ConfigValueKind.Int } value)
            return;
        var number = ConfigEditor.Number(value.Number);
        if (node.Text.IndexOf(':') >= 0)
            context.Report(node, $"{node.Text} is read in base 60 as {number}; put it in quotes if it is text, or write the number itself");
        else if (ScalarDialect.TryParseNumber(node.Text, out var asWritten) && asWritten != value.Number && IsOctal(node.Text))
        {
            var plain = ConfigEditor.Number(asWritten);
            context.Report(
                node,
                $"{node.Text} is read in base 8 as {number}; write {plain} without the leading zero, or put it in quotes if it is text",
                new Fix(FixSafety.Unsafe, $"Write {plain}", context.Edit.Replace(node, plain)));
        }
    }

    private static bool IsOctal(string text)
    {
        var digits = text.TrimStart('+', '-');
        return digits.Length > 1 && digits[0] == '0' && digits[1] is >= '0' and <= '9' or '_';
    }
}
