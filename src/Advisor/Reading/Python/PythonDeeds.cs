using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// What a script does beside the calls that configure a run, as far as rules want to know: the methods in <see cref="PythonCalls.Methods"/>
/// that it calls, and whether the token that ends texts pads them.
/// </summary>
internal static class PythonDeeds
{
    /// <summary>One of each kind, the first.</summary>
    public static IEnumerable<CodeCall> Find(PythonScript script)
    {
        var methods = new Dictionary<string, TextSpan>(StringComparer.Ordinal);
        TextSpan? padding = null;
        foreach (var statement in script.Statements)
        {
            if (padding is null && PadsWithEnd(script, statement))
                padding = TextSpan.FromBounds(
                    script.Tokens[statement.Tokens.Start].Start, script.Tokens[statement.Tokens.Start + 6].EndOffset);
            for (var i = statement.Tokens.Start + 1; i + 1 < statement.Tokens.End; i++)
            {
                if (script.Tokens[i].Kind == PythonTokenKind.Name && script.Is(i - 1, ".")
                    && script.Tokens[i + 1].Kind == PythonTokenKind.Open && PythonCalls.Methods.Contains(script.Word(i)))
                    methods.TryAdd(script.Word(i), script.Tokens[i].Span);
            }
        }

        foreach (var (name, span) in methods)
            yield return new CodeCall(CodeCallKind.Method, name, span, IsComplete: false);
        // A token that is added may be the one that pads in the end.
        if (padding is { } place && !methods.ContainsKey("add_special_tokens"))
            yield return new CodeCall(CodeCallKind.Padding, "pad_token", place, IsComplete: false);
    }

    // `tokenizer.pad_token = tokenizer.eos_token`, whenever the script runs, and nothing assigned to it later.
    private static bool PadsWithEnd(PythonScript script, PythonStatement statement)
    {
        var i = statement.Tokens.Start;
        if (i + 7 > statement.Tokens.End || statement.Block.Branch.IsConditional || !script.Is(i + 1, ".") || !script.Is(i + 3, "=")
            || !script.Is(i + 5, ".") || script.Word(i) != script.Word(i + 4))
            return false;
        // A line break or semicolon may end the statement.
        if (statement.Tokens.End > i + 7 && script.Tokens[i + 7].Kind is PythonTokenKind.Name or PythonTokenKind.Operator
            or PythonTokenKind.Open)
            return false;
        return (script.Word(i + 2), script.Word(i + 6)) is ("pad_token", "eos_token") or ("pad_token_id", "eos_token_id")
            && script.Bindings.MembersOf(script.Word(i)).TryGetValue(script.Word(i + 2), out var last) && last == i + 2;
    }
}
