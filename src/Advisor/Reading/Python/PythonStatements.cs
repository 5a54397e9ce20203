namespace LoraLint.Advisor.Reading.Python;

/// <summary>Cuts tokens into statements, and lays them into blocks by their indentation.</summary>
internal sealed class PythonStatements(string text, List<PythonToken> tokens, PythonImports imports, PythonBindings bindings)
{
    // Python itself takes no more.
    private const int MostBlocks = 100;

    private static readonly HashSet<string> s_compound = new(StringComparer.Ordinal)
    {
        "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class", "match", "case", "async",
    };

    private readonly List<(int Column, PythonBlock Block)> _blocks = [];
    private readonly List<PythonStatement> _statements = [];
    private int _column;

    /// <summary>The statements in order.</summary>
    public List<PythonStatement> Read()
    {
        _blocks.Add((-1, new PythonBlock(null, new PythonScope(null, isClass: false), isConditional: false)));
        var start = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Kind != PythonTokenKind.End)
                continue;
            if (i > start)
                ReadLine(start, i);
            start = i + 1;
        }

        return _statements;
    }

    private bool Is(int index, string word) => index < tokens.Count && PythonText.Is(text, tokens[index], word);

    private void ReadLine(int start, int end)
    {
        var beginsLine = start == 0 || tokens[start - 1].Length == 0 || text[tokens[start - 1].Start] != ';';
        if (beginsLine)
        {
            _column = ColumnOf(tokens[start].Start);
            while (_blocks.Count > 1 && _blocks[^1].Column >= _column)
                _blocks.RemoveAt(_blocks.Count - 1);
        }

        // `if x: y = 1`: what is behind the colon stands in a block of its own.
        while (start < end && OpensBlock(start, end) is { } colon)
        {
            OpenBlock(start, colon);
            start = colon + 1;
        }

        if (start < end)
            ReadStatement(start, end, _blocks[^1].Block);
    }

    // A form feed begins the indentation anew, as for Python; a byte-order mark is none.
    private int ColumnOf(int offset)
    {
        var start = offset;
        while (start > 0 && text[start - 1] is not ('\n' or '\r'))
            start--;
        var column = 0;
        for (var i = start; i < offset; i++)
            column = text[i] switch { '\t' => (column / 8 * 8) + 8, '\f' => 0, '\uFEFF' => column, _ => column + 1 };
        return column;
    }

    private int? OpensBlock(int start, int end)
    {
        if (tokens[start].Kind != PythonTokenKind.Name || tokens[start].Length > 7
            || !s_compound.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text.AsSpan(tokens[start].Start, tokens[start].Length)))
            return null;
        // `match` and `case` are names too.
        if ((Is(start, "match") || Is(start, "case")) && (start + 1 == end || tokens[start + 1].Kind == PythonTokenKind.Operator))
            return null;
        var lambdas = 0;
        for (var i = start; i < end; i = PythonText.BehindBrackets(tokens, i))
        {
            if (Is(i, "lambda"))
                lambdas++;
            else if (Is(i, ":") && lambdas-- <= 0)
                return i;
        }

        return null;
    }

    private void OpenBlock(int start, int colon)
    {
        var outer = _blocks[^1].Block;
        var head = Is(start, "async") ? start + 1 : start;
        var isFunction = Is(head, "def");
        var isClass = Is(head, "class");
        if (!Is(head, "case"))
            ReadStatement(start, colon, outer);
        if (isFunction || isClass)
            bindings.Bind(head + 1, outer);
        var scope = isFunction || isClass ? new PythonScope(outer.Scope, isClass) : outer.Scope;
        var isConditional = !isFunction && !isClass && !Is(head, "with") && !Is(head, "try") && !Is(head, "finally")
            && !Is(head + 1, "__name__");
        var block = new PythonBlock(outer, scope, isConditional);
        if (_blocks.Count < MostBlocks)
            _blocks.Add((_column, block));
        if (isFunction)
            BindParameters(head + 2, colon, block);
        // A pattern calls nothing, whatever it looks like.
        if (Is(head, "case"))
            bindings.BindAll(head + 1, colon, block);
    }

    // `def f[T](x)`: what stands in square brackets are types.
    private void BindParameters(int start, int colon, PythonBlock block)
    {
        for (var i = start; i < colon; i = PythonText.BehindBrackets(tokens, i))
        {
            if (tokens[i] is not { Kind: PythonTokenKind.Open, Match: > 0 } open)
                continue;
            if (text[open.Start] == '[')
                bindings.BindAll(i + 1, open.Match, block);
            else if (text[open.Start] == '(')
            {
                BindEach(i + 1, open.Match, block);
                return;
            }
        }
    }

    private void BindEach(int start, int end, PythonBlock block)
    {
        while (start < end)
        {
            var next = PythonText.Find(text, tokens, start, end, ",");
            while (start < next && tokens[start].Kind == PythonTokenKind.Operator)
                start++;
            if (start < next)
                bindings.Bind(start, block);
            start = next + 1;
        }
    }

    private void ReadStatement(int start, int end, PythonBlock block)
    {
        var isImport = Is(start, "import") || Is(start, "from");
        if (isImport)
            imports.Read(start, end, isAlternative: !block.IsBody);
        var value = isImport ? default : bindings.Read(start, end, block);
        _statements.Add(new PythonStatement(new PythonRange(start, end), block, value));
    }
}
