using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LoraLint.Rules.Roslyn;

/// <summary>Makes a rule's fix fit C#: numbers get the suffix of the member's type, and what would not compile is not offered.</summary>
internal static class CodeFix
{
    /// <summary>The fix, or null when it cannot be made here.</summary>
    /// <param name="fix">The rule's fix.</param>
    /// <param name="expression">The expression that builds the config.</param>
    /// <param name="config">Its tree.</param>
    /// <param name="type">Its type.</param>
    /// <param name="reader">What read it, and knows what is written elsewhere.</param>
    /// <param name="model">The file's model.</param>
    public static Fix? Fit(
        Fix fix, ExpressionSyntax expression, ConfigNode config, ConfigType type, CodeReader reader, SemanticModel model)
    {
        var whole = new TextSpan(expression.Span.Start, expression.Span.Length);
        var edits = new List<TextEdit>();
        foreach (var edit in fix.Edits)
        {
            // A value that is assigned behind the creation can be replaced, and nothing be put beside it.
            var isInside = edit.Span.Start >= whole.Start && edit.Span.End <= whole.End;
            if (!isInside && !reader.Assigned.Contains(edit.Span))
                return null;
            if (reader.References.Any(r => edit.Span.Start < r.End && r.Start < edit.Span.End || edit.Span.Start == r.End))
                return null;
            if (Named(edit, expression, model) is not { } named || Typed(named, config, type) is not { } typed)
                return null;
            edits.Add(typed);
        }

        var inside = edits.Where(e => e.Span.Start >= whole.Start && e.Span.End <= whole.End).ToList();
        return Compiles(expression, inside, model) ? fix with { Edits = edits } : null;
    }

    // A word for a member of an enumeration: `none` is LoraBias.None.
    private static TextEdit? Named(TextEdit edit, ExpressionSyntax expression, SemanticModel model)
    {
        var span = new Microsoft.CodeAnalysis.Text.TextSpan(edit.Span.Start, edit.Span.Length);
        if (span.IsEmpty || !expression.SyntaxTree.GetRoot().FullSpan.Contains(span)
            || expression.SyntaxTree.GetRoot().FindNode(span, getInnermostNodeForTie: true) is not ExpressionSyntax replaced
            || replaced.Span != span || model.GetTypeInfo(replaced).Type is not { TypeKind: TypeKind.Enum } type)
            return edit;
        var word = ConfigNames.Fold(edit.NewText.Trim('"'));
        var member = type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && ConfigNames.Fold(f.Name) == word);
        return member is null ? null : edit with { NewText = type.ToMinimalDisplayString(model, span.Start) + "." + member.Name };
    }

    private static TextEdit? Typed(TextEdit edit, ConfigNode config, ConfigType type)
    {
        var replaced = config.Entries.FirstOrDefault(e => e.Value.Span == edit.Span)?.Key;
        var (before, number) = replaced is not null ? ("", edit.NewText) : Split(edit.NewText);
        var inserted = before.Trim(' ', ',', '=', ':', '\r', '\n', '\t');
        var member = replaced ?? type.Members.Values.Select(m => m.Key).FirstOrDefault(k => k == inserted);
        if (member is null || !type.Types.TryGetValue(member, out var memberType)
            || !double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value == Math.Floor(value))
            return edit;
        var suffix = memberType switch
        {
            SpecialType.System_Double => "",
            SpecialType.System_Single => "f",
            SpecialType.System_Decimal => "m",
            _ => null,
        };
        return suffix is null ? null : edit with { NewText = before + number + suffix };
    }

    // ", Alpha = 16" into what stands before the number and the number.
    private static (string Before, string Number) Split(string text)
    {
        var space = text.LastIndexOf(' ');
        return space < 0 ? ("", text) : (text.Substring(0, space + 1), text.Substring(space + 1));
    }

    private static bool Compiles(ExpressionSyntax expression, List<TextEdit> edits, SemanticModel model)
    {
        var start = expression.Span.Start;
        var text = TextEdit.Apply(
            expression.ToString(), edits.Select(e => e with { Span = new TextSpan(e.Span.Start - start, e.Span.Length) }));
        var changed = SyntaxFactory.ParseExpression(text, options: expression.SyntaxTree.Options as CSharpParseOptions);
        if (changed.ContainsDiagnostics)
            return false;
        // Names and number of arguments are for the compiler to judge; `new(...)` alone has no type it could judge by.
        return changed switch
        {
            ObjectCreationExpressionSyntax =>
                model.GetSpeculativeSymbolInfo(start, changed, SpeculativeBindingOption.BindAsExpression).Symbol is not null,
            ImplicitObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: var count } =>
                expression is ImplicitObjectCreationExpressionSyntax before && before.ArgumentList.Arguments.Count == count,
            _ => true,
        };
    }
}
