namespace LoraLint.Advisor.Reading.Python;

/// <summary>
/// The statements of a script with the blocks they stand in, and what its names are bound to. What cannot be made out binds nothing to a
/// value.
/// </summary>
internal sealed class PythonScript
{
    private readonly List<PythonStatement> _statements;

    private PythonScript(string text, List<PythonToken> tokens)
    {
        Text = text;
        Tokens = tokens;
        Imports = new PythonImports(text, tokens);
        Bindings = new PythonBindings(text, tokens);
        _statements = new PythonStatements(text, tokens, Imports, Bindings).Read();
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>Its tokens.</summary>
    public List<PythonToken> Tokens { get; }

    /// <summary>Its statements in order.</summary>
    public List<PythonStatement> Statements => _statements;

    /// <summary>What imported names stand for.</summary>
    public PythonImports Imports { get; }

    /// <summary>How names were bound and changed.</summary>
    public PythonBindings Bindings { get; }

    /// <summary>Reads the tokens of a text.</summary>
    public static PythonScript Read(string text, List<PythonToken> tokens) => new(text, tokens);

    /// <summary>The word at an index.</summary>
    public string Word(int index) => Text.Substring(Tokens[index].Start, Tokens[index].Length);

    /// <summary>Whether a token is a word or operator.</summary>
    public bool Is(int index, string word) => index < Tokens.Count && PythonText.Is(Text, Tokens[index], word);

    /// <summary>The statement that holds a token.</summary>
    public PythonStatement StatementAt(int index)
    {
        int low = 0, high = _statements.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_statements[middle].Tokens.Start <= index)
                low = middle;
            else
                high = middle - 1;
        }

        return _statements[low];
    }
}
