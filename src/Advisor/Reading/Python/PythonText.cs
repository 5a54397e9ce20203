namespace LoraLint.Advisor.Reading.Python;

/// <summary>Looks into tokens.</summary>
internal static class PythonText
{
    /// <summary>Whether a token is a word or an operator; strings never are.</summary>
    public static bool Is(string text, PythonToken token, string word) =>
        token.Kind is PythonTokenKind.Operator or PythonTokenKind.Name && token.Length == word.Length
        && string.CompareOrdinal(text, token.Start, word, 0, word.Length) == 0;

    /// <summary>The index of the first token that is a word, from one index up to another, brackets passed over; else the end.</summary>
    public static int Find(string text, List<PythonToken> tokens, int start, int end, string word)
    {
        for (var i = start; i < end; i++)
        {
            if (Is(text, tokens[i], word))
                return i;
            i = BehindBrackets(tokens, i) - 1;
        }

        return end;
    }

    /// <summary>The index behind a token, or behind the bracket that belongs to it.</summary>
    public static int BehindBrackets(List<PythonToken> tokens, int index) =>
        tokens[index].Kind == PythonTokenKind.Open && tokens[index].Match > index ? tokens[index].Match + 1 : index + 1;
}
