using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>What a piece of Python text is.</summary>
internal enum PythonTokenKind
{
    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A number, whether it is well formed or not.</summary>
    Number,

    /// <summary>A string with its prefix and quotes; one that is not closed ends with its line or the text.</summary>
    String,

    /// <summary><c>(</c>, <c>[</c> or <c>{</c>.</summary>
    Open,

    /// <summary><c>)</c>, <c>]</c> or <c>}</c>.</summary>
    Close,

    /// <summary>An operator, or a character that Python does not know.</summary>
    Operator,

    /// <summary>The end of a statement: a line break outside of brackets, or a semicolon.</summary>
    End,
}

/// <summary>A piece of Python text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="Length">Its length in characters.</param>
/// <param name="Match">The index of the bracket that belongs to this one; -1 where there is none.</param>
internal readonly record struct PythonToken(PythonTokenKind Kind, int Start, int Length, int Match = -1)
{
    /// <summary>Where it ends.</summary>
    public int EndOffset => Start + Length;

    /// <summary>Its place.</summary>
    public TextSpan Span => new(Start, Length);
}
