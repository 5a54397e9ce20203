namespace LoraLint.Advisor.Reading.Python;

/// <summary>What imported names stand for, as their libraries have it.</summary>
/// <param name="text">The text.</param>
/// <param name="tokens">Its tokens.</param>
internal sealed class PythonImports(string text, List<PythonToken> tokens)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Whole names such as <c>peft.LoraConfig</c>, in no order.</summary>
    public IEnumerable<string> WholeNames => _names.Values;

    /// <summary>
    /// The index of the last import of everything from a module that is none of the known libraries: it may bind any name. -1 without one.
    /// </summary>
    public int LastOfEverything { get; private set; } = -1;

    /// <summary>Whether a name is imported, and what it stands for.</summary>
    public bool TryFind(string name, out string whole) => _names.TryGetValue(name, out whole!);

    /// <summary>Reads <c>import ...</c> or <c>from ... import ...</c>.</summary>
    /// <param name="start">Its first token.</param>
    /// <param name="end">The index behind its last.</param>
    /// <param name="isAlternative">Whether it stands in a branch: another import of the same name may be the one that counts.</param>
    public void Read(int start, int end, bool isAlternative)
    {
        var isFrom = Is(start, "from");
        var i = start + 1;
        var module = "";
        if (isFrom)
        {
            module = Dotted(ref i, end);
            if (i >= end || !Is(i, "import"))
                return;
            i++;
            if (i < end && Is(i, "*") && PythonCalls.LibraryOf(module) is null)
                LastOfEverything = i;
        }

        while (i < end)
        {
            // A second import within a line that is broken is no name either.
            if (tokens[i].Kind != PythonTokenKind.Name || Is(i, "import"))
            {
                i++;
                continue;
            }

            var first = Word(i);
            var name = Dotted(ref i, end);
            var alias = isFrom ? name : first;
            var whole = isFrom ? module + "." + name : first;
            if (i + 1 < end && Is(i, "as") && tokens[i + 1].Kind == PythonTokenKind.Name)
            {
                alias = Word(i + 1);
                whole = isFrom ? whole : name;
                i += 2;
            }

            // Of two imports in branches, one for older versions, the one of a library that is known counts; else the last.
            if (!isAlternative || !_names.TryGetValue(alias, out var other) || PythonCalls.LibraryOf(other) is null)
                _names[alias] = whole;
        }
    }

    private bool Is(int index, string word) => PythonText.Is(text, tokens[index], word);

    private string Word(int index) => text.Substring(tokens[index].Start, tokens[index].Length);

    private string Dotted(ref int i, int end)
    {
        var start = i;
        while (i < end && (Is(i, ".") || Is(i, "...") || (tokens[i].Kind == PythonTokenKind.Name
            && (i == start || tokens[i - 1].Kind == PythonTokenKind.Operator) && !Is(i, "import"))))
            i++;
        return i == start ? "" : string.Concat(Enumerable.Range(start, i - start).Select(Word));
    }
}
