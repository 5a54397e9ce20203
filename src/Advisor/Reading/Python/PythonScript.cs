namespace LoraLint.Advisor.Reading.Python;

/// <summary>A part of a script that runs together: its statements, or those below a compound statement.</summary>
internal sealed class PythonBlock(PythonBlock? parent, PythonScope scope, bool isConditional)
{
    /// <summary>The block it stands in.</summary>
    public PythonBlock? Parent { get; } = parent;

    /// <summary>Where its names live.</summary>
    public PythonScope Scope { get; } = scope;

    /// <summary>Whether it may run never or several times when its parent runs.</summary>
    public bool IsConditional { get; } = isConditional;

    /// <summary>Whether this block is another one or stands in it.</summary>
    public bool IsWithin(PythonBlock other)
    {
        for (PythonBlock? block = this; block is not null; block = block.Parent)
        {
            if (block == other)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The innermost block around this one, itself included, that may run never or several times; else that of its function.
    /// </summary>
    public PythonBlock Branch
    {
        get
        {
            var block = this;
            while (!block.IsConditional && block.Parent is { } parent && parent.Scope == block.Scope)
                block = parent;
            return block;
        }
    }
}

/// <summary>A module, function or class: where names live.</summary>
internal sealed class PythonScope(PythonScope? parent, bool isClass)
{
    /// <summary>The scope around it.</summary>
    public PythonScope? Parent { get; } = parent;

    /// <summary>Whether it is a class, whose names its functions do not see.</summary>
    public bool IsClass { get; } = isClass;

    /// <summary>The names that are bound in it.</summary>
    public Dictionary<string, PythonBinding> Bindings { get; } = new(StringComparer.Ordinal);
}

/// <summary>What a name is bound to.</summary>
internal sealed class PythonBinding
{
    /// <summary>How often it is bound.</summary>
    public int Count { get; set; }

    /// <summary>The tokens of the value, when it is bound to one expression; an empty range otherwise.</summary>
    public PythonRange Value { get; set; }

    /// <summary>Where it is bound.</summary>
    public PythonBlock? Block { get; set; }
}

/// <summary>Tokens from one index up to, and without, another.</summary>
internal readonly record struct PythonRange(int Start, int End);

/// <summary>A simple statement, or the head of a compound one.</summary>
/// <param name="Tokens">Its tokens.</param>
/// <param name="Block">The block it stands in.</param>
/// <param name="Value">Right of its last equals sign; empty when it assigns nothing.</param>
internal readonly record struct PythonStatement(PythonRange Tokens, PythonBlock Block, PythonRange Value);

/// <summary>
/// The statements of a script in their blocks, with what its names are bound to. What cannot be made out binds nothing to a value.
/// </summary>
internal sealed class PythonScript
{
    // Python itself takes no more.
    private const int MostBlocks = 100;

    private static readonly HashSet<string> s_compound = new(StringComparer.Ordinal)
    {
        "if", "elif", "else", "for", "while", "try", "except", "finally", "with", "def", "class", "match", "case", "async",
    };

    private static readonly HashSet<string> s_assignments = new(StringComparer.Ordinal)
    {
        "+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", ">>=", "<<=", "@=",
    };

    private readonly List<(int Column, PythonBlock Block)> _blocks = [];
    private readonly List<PythonStatement> _statements = [];
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly List<PythonScope> _scopes = [];
    private int _column;

    private PythonScript(string text, IReadOnlyList<PythonToken> tokens)
    {
        Text = text;
        Tokens = tokens;
    }

    /// <summary>The text.</summary>
    public string Text { get; }

    /// <summary>Its tokens.</summary>
    public IReadOnlyList<PythonToken> Tokens { get; }

    /// <summary>All of its scopes, the module's first.</summary>
    public IReadOnlyList<PythonScope> Scopes => _scopes;

    /// <summary>Its statements in order.</summary>
    public IReadOnlyList<PythonStatement> Statements => _statements;

    /// <summary>What imported names stand for.</summary>
    public Dictionary<string, string> Imports { get; } = new(StringComparer.Ordinal);

    /// <summary>The names of lists and dicts that are changed in place somewhere.</summary>
    public IReadOnlySet<string> Changed => _changed;

    /// <summary>Members that are set on a name behind its making: <c>args.learning_rate = 1e-4</c>; the index of the name.</summary>
    public List<int> MemberAssignments { get; } = [];

    /// <summary>Whether names may change in ways that cannot be followed: exec, globals().</summary>
    public bool IsDynamic { get; private set; }

    /// <summary>Reads the tokens of a text.</summary>
    public static PythonScript Read(string text, IReadOnlyList<PythonToken> tokens)
    {
        var script = new PythonScript(text, tokens);
        script.Run();
        return script;
    }

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

    private void Run()
    {
        var module = new PythonBlock(null, NewScope(null, isClass: false), isConditional: false);
        _blocks.Add((-1, module));
        var start = 0;
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (Tokens[i].Kind != PythonTokenKind.End)
                continue;
            if (i > start)
                ReadLine(start, i);
            start = i + 1;
        }
    }

    private void ReadLine(int start, int end)
    {
        var beginsLine = start == 0 || Tokens[start - 1].Length == 0 || Text[Tokens[start - 1].Start] != ';';
        if (beginsLine)
        {
            _column = ColumnOf(Tokens[start].Start);
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

    private int ColumnOf(int offset)
    {
        var start = offset;
        while (start > 0 && Text[start - 1] is not ('\n' or '\r'))
            start--;
        var column = 0;
        for (var i = start; i < offset; i++)
            column = Text[i] == '\t' ? (column / 8 * 8) + 8 : column + 1;
        return column;
    }

    private int? OpensBlock(int start, int end)
    {
        if (Tokens[start].Kind != PythonTokenKind.Name || Tokens[start].Length > 7 || !s_compound.Contains(Word(start)))
            return null;
        // `match` and `case` are names too.
        if ((Is(start, "match") || Is(start, "case")) && (start + 1 == end || Tokens[start + 1].Kind == PythonTokenKind.Operator))
            return null;
        var lambdas = 0;
        for (var i = start; i < end; i = PythonText.BehindBrackets(Tokens, i))
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
        ReadStatement(start, colon, outer);
        var scope = outer.Scope;
        var isConditional = false;
        if (Is(head, "def"))
        {
            Bind(head + 1, outer, default);
            scope = NewScope(scope, isClass: false);
        }
        else if (Is(head, "class"))
        {
            Bind(head + 1, outer, default);
            scope = NewScope(scope, isClass: true);
        }
        else
        {
            isConditional = !Is(head, "with") && !Is(head, "try") && !Is(head, "finally") && !Is(head + 1, "__name__");
        }

        var block = new PythonBlock(outer, scope, isConditional);
        if (_blocks.Count < MostBlocks)
            _blocks.Add((_column, block));
        if (Is(head, "def") && head + 2 < colon && Tokens[head + 2] is { Kind: PythonTokenKind.Open, Match: > 0 } open)
            BindParameters(head + 3, open.Match, block);
        if (Is(head, "case"))
            BindAll(head + 1, colon, block);
    }

    private PythonScope NewScope(PythonScope? parent, bool isClass)
    {
        var scope = new PythonScope(parent, isClass);
        _scopes.Add(scope);
        return scope;
    }

    private void BindParameters(int start, int end, PythonBlock block)
    {
        while (start < end)
        {
            var next = PythonText.Find(Text, Tokens, start, end, ",");
            while (start < next && Tokens[start].Kind == PythonTokenKind.Operator)
                start++;
            if (start < next)
                Bind(start, block, default);
            start = next + 1;
        }
    }

    private void BindAll(int start, int end, PythonBlock block)
    {
        for (var i = start; i < end; i++)
            Bind(i, block, default);
    }

    private void Bind(int index, PythonBlock block, PythonRange value, int times = 1)
    {
        if (index >= Tokens.Count || Tokens[index].Kind != PythonTokenKind.Name)
            return;
        var bindings = block.Scope.Bindings;
        var name = Word(index);
        if (!bindings.TryGetValue(name, out var binding))
            bindings[name] = binding = new PythonBinding();
        binding.Count += times;
        binding.Value = value;
        binding.Block = block;
    }

    private void ReadStatement(int start, int end, PythonBlock block)
    {
        if (Is(start, "import") || Is(start, "from"))
        {
            ReadImport(start, end);
            _statements.Add(new PythonStatement(new PythonRange(start, end), block, default));
            return;
        }

        var value = ReadAssignment(start, end, block);
        _statements.Add(new PythonStatement(new PythonRange(start, end), block, value));
        string? bindsUntil = null;
        for (var i = start; i < end; i++)
        {
            if (bindsUntil is not null && Is(i, bindsUntil))
                bindsUntil = null;
            if (Tokens[i].Kind != PythonTokenKind.Name)
                continue;
            if (bindsUntil is not null)
                Bind(i, block, default);
            if (Is(i, "for") || Is(i, "lambda"))
                bindsUntil = Is(i, "for") ? "in" : ":";
            ReadName(i, start, end, block);
        }
    }

    // What binds or changes a name without being an assignment.
    private void ReadName(int i, int start, int end, PythonBlock block)
    {
        if (Is(i, "as"))
            BindTargets(i + 1, i + 2, block);
        else if (i == start && (Is(i, "global") || Is(i, "nonlocal") || Is(i, "del")))
            Unsettle(i + 1, end, block);
        if (i + 1 >= end)
            return;
        var isMember = i > start && Is(i - 1, ".");
        if (Is(i + 1, ":="))
            Bind(i, block, default);
        else if (Tokens[i + 1].Kind == PythonTokenKind.Open && (Is(i, "exec") || Is(i, "globals")))
            IsDynamic = true;
        else if (i + 3 < end && !isMember && Is(i + 1, ".") && Tokens[i + 3].Kind == PythonTokenKind.Open)
            _changed.Add(Word(i));
        else if (i == start && Tokens[i + 1].Kind == PythonTokenKind.Open && Text[Tokens[i + 1].Start] == '[')
            _changed.Add(Word(i));
    }

    private void BindTargets(int start, int end, PythonBlock block)
    {
        for (var i = start; i < end && i < Tokens.Count; i++)
            Bind(i, block, default);
    }

    // `global r` in a function: the module's r is assigned there. `del x[0]` changes x.
    private void Unsettle(int start, int end, PythonBlock block)
    {
        for (var i = start; i < end; i++)
        {
            if (Tokens[i].Kind != PythonTokenKind.Name)
                continue;
            _changed.Add(Word(i));
            for (PythonScope? scope = block.Scope; scope is not null; scope = scope.Parent)
            {
                if (!scope.Bindings.TryGetValue(Word(i), out var binding))
                    scope.Bindings[Word(i)] = binding = new PythonBinding { Block = block };
                binding.Count += 2;
            }
        }
    }

    private PythonRange ReadAssignment(int start, int end, PythonBlock block)
    {
        var targets = new List<PythonRange>();
        var from = start;
        for (var i = start; i < end; i = PythonText.BehindBrackets(Tokens, i))
        {
            var token = Tokens[i];
            if (token.Kind != PythonTokenKind.Operator)
                continue;
            if (token.Length > 1 && s_assignments.Contains(Word(i)))
            {
                Bind(start, block, default, times: 2);
                _changed.Add(Word(start));
                NoteMember(start, i);
                return default;
            }

            if (!Is(i, "="))
                continue;
            targets.Add(new PythonRange(from, i));
            from = i + 1;
        }

        // `x: int` alone binds nothing.
        if (targets.Count == 0)
            return default;

        var value = new PythonRange(from, end);
        foreach (var target in targets)
            Assign(target, value, block);
        return value;
    }

    private void Assign(PythonRange target, PythonRange value, PythonBlock block)
    {
        var (start, end) = (target.Start, PythonText.Find(Text, Tokens, target.Start, target.End, ":"));
        if (end == start + 1 && Tokens[start].Kind == PythonTokenKind.Name)
        {
            Bind(start, block, value);
            return;
        }

        NoteMember(start, end);
        var isNames = true;
        for (var i = start; i < end; i++)
            isNames &= Tokens[i].Kind is PythonTokenKind.Name or PythonTokenKind.Open or PythonTokenKind.Close || Is(i, ",") || Is(i, "*");
        if (!isNames || Tokens[start].Kind == PythonTokenKind.Name && end > start + 1 && Tokens[start + 1].Kind == PythonTokenKind.Open)
            return;
        var parts = Split(start, end);
        var values = Split(value.Start, value.End);
        var isPaired = parts.Count == values.Count && parts.All(p => p.End == p.Start + 1 && Tokens[p.Start].Kind == PythonTokenKind.Name);
        for (var i = 0; i < parts.Count; i++)
            BindPart(parts[i], isPaired ? values[i] : default, block);
    }

    private void BindPart(PythonRange part, PythonRange value, PythonBlock block)
    {
        for (var i = part.Start; i < part.End; i++)
            Bind(i, block, value);
    }

    private List<PythonRange> Split(int start, int end)
    {
        var parts = new List<PythonRange>();
        while (start < end)
        {
            var comma = PythonText.Find(Text, Tokens, start, end, ",");
            parts.Add(new PythonRange(start, comma));
            start = comma + 1;
        }

        return parts;
    }

    private void NoteMember(int start, int end)
    {
        if (end == start + 3 && Tokens[start].Kind == PythonTokenKind.Name && Is(start + 1, ".")
            && Tokens[start + 2].Kind == PythonTokenKind.Name)
            MemberAssignments.Add(start);
    }

    private void ReadImport(int start, int end)
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
        }

        while (i < end)
        {
            // A second import within a line that is broken is no name either.
            if (Tokens[i].Kind != PythonTokenKind.Name || Is(i, "import"))
            {
                i++;
                continue;
            }

            var first = Word(i);
            var name = Dotted(ref i, end);
            var alias = isFrom ? name : first;
            var whole = isFrom ? module + "." + name : first;
            if (i + 1 < end && Is(i, "as") && Tokens[i + 1].Kind == PythonTokenKind.Name)
            {
                alias = Word(i + 1);
                whole = isFrom ? whole : name;
                i += 2;
            }

            // Of two imports, one for older versions, the one of a library that is known counts.
            if (!Imports.TryGetValue(alias, out var other) || PythonCalls.LibraryOf(other) is null)
                Imports[alias] = whole;
        }
    }

    private string Dotted(ref int i, int end)
    {
        var start = i;
        while (i < end && (Is(i, ".") || Is(i, "...") || (Tokens[i].Kind == PythonTokenKind.Name
            && (i == start || Tokens[i - 1].Kind == PythonTokenKind.Operator) && !Is(i, "import"))))
            i++;
        return i == start ? "" : string.Concat(Enumerable.Range(start, i - start).Select(Word));
    }
}
