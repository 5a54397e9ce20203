namespace LoraLint.Advisor.Reading.Python;

/// <summary>Finds what statements bind and change. Too much is taken for a change rather than too little.</summary>
internal sealed class PythonBindings(string text, List<PythonToken> tokens)
{
    private static readonly HashSet<string> s_assignments = new(StringComparer.Ordinal)
    {
        "+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", ">>=", "<<=", "@=",
    };

    private static readonly Dictionary<string, int> s_noMembers = [];

    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, int>> _members = new(StringComparer.Ordinal);

    /// <summary>The names of lists and dicts that are changed in place somewhere.</summary>
    public IReadOnlySet<string> Changed => _changed;

    /// <summary>Whether names may change in ways that cannot be followed: exec, globals().</summary>
    public bool IsDynamic { get; private set; }

    /// <summary>
    /// The members that are set on a name behind its making, <c>args.learning_rate = 1e-4</c>, each with the index of its last mention.
    /// </summary>
    public IReadOnlyDictionary<string, int> MembersOf(string name) => _members.GetValueOrDefault(name) ?? s_noMembers;

    /// <summary>Reads a statement that imports nothing, or the head of a compound one.</summary>
    /// <returns>The tokens right of its last equals sign; an empty range when it assigns nothing.</returns>
    public PythonRange Read(int start, int end, PythonBlock block)
    {
        var value = ReadAssignment(start, end, block);
        string? bindsUntil = null;
        for (var i = start; i < end; i++)
        {
            if (bindsUntil is not null && Is(i, bindsUntil))
                bindsUntil = null;
            if (tokens[i].Kind != PythonTokenKind.Name)
                continue;
            if (bindsUntil is not null)
                Bind(i, block);
            if (Is(i, "for") || Is(i, "lambda"))
                bindsUntil = Is(i, "for") ? "in" : ":";
            ReadName(i, start, end, block);
        }

        return value;
    }

    /// <summary>Binds a name to what cannot be told.</summary>
    public void Bind(int index, PythonBlock block) => Bind(index, block, default);

    /// <summary>Binds all names among some tokens to what cannot be told.</summary>
    public void BindAll(int start, int end, PythonBlock block)
    {
        for (var i = start; i < end; i++)
            Bind(i, block);
    }

    private bool Is(int index, string word) => index < tokens.Count && PythonText.Is(text, tokens[index], word);

    private string Word(int index) => text.Substring(tokens[index].Start, tokens[index].Length);

    private bool IsOpen(int index, char bracket) =>
        index < tokens.Count && tokens[index].Kind == PythonTokenKind.Open && text[tokens[index].Start] == bracket;

    private void Bind(int index, PythonBlock block, PythonRange value, int times = 1)
    {
        if (index >= tokens.Count || tokens[index].Kind != PythonTokenKind.Name)
            return;
        var names = block.Scope.Bindings.GetAlternateLookup<ReadOnlySpan<char>>();
        var name = text.AsSpan(tokens[index].Start, tokens[index].Length);
        if (!names.TryGetValue(name, out var binding))
            names[name] = binding = new PythonBinding();
        binding.Count += times;
        binding.Value = value;
        binding.Block = block;
    }

    // What binds or changes a name without being an assignment.
    private void ReadName(int i, int start, int end, PythonBlock block)
    {
        if (Is(i, "as"))
            BindAll(i + 1, Math.Min(end, i + 1 < end ? PythonText.BehindBrackets(tokens, i + 1) : end), block);
        else if (i == start && (Is(i, "global") || Is(i, "nonlocal") || Is(i, "del")))
            Unsettle(i + 1, end, block);
        if (i + 1 >= end)
            return;
        var isMember = i > start && Is(i - 1, ".");
        if (Is(i + 1, ":="))
            Bind(i, block);
        else if (tokens[i + 1].Kind == PythonTokenKind.Open && (Is(i, "exec") || Is(i, "globals")))
            IsDynamic = true;
        else if (i + 3 < end && !isMember && Is(i + 1, ".") && tokens[i + 3].Kind == PythonTokenKind.Open)
            NoteChange(i);
    }

    private void NoteChange(int index) =>
        _changed.GetAlternateLookup<ReadOnlySpan<char>>().Add(text.AsSpan(tokens[index].Start, tokens[index].Length));

    // `global r` in a function: the module's r is assigned there. `del x[0]` changes x.
    private void Unsettle(int start, int end, PythonBlock block)
    {
        for (var i = start; i < end; i++)
        {
            if (tokens[i].Kind != PythonTokenKind.Name)
                continue;
            NoteChange(i);
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
        var from = start;
        List<PythonRange>? targets = null;
        for (var i = start; i < end; i = PythonText.BehindBrackets(tokens, i))
        {
            var token = tokens[i];
            if (token.Kind != PythonTokenKind.Operator)
                continue;
            if (token.Length > 1
                && s_assignments.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text.AsSpan(token.Start, token.Length)))
            {
                Bind(start, block, default, times: 2);
                if (tokens[start].Kind == PythonTokenKind.Name)
                    NoteChange(start);
                NoteMember(start, i);
                return default;
            }

            if (!Is(i, "="))
                continue;
            (targets ??= []).Add(new PythonRange(from, i));
            from = i + 1;
        }

        // `x: int` alone binds nothing.
        if (targets is null)
            return default;
        var value = new PythonRange(from, end);
        foreach (var target in targets)
            Assign(target, value, block);
        return value;
    }

    private void Assign(PythonRange target, PythonRange value, PythonBlock block)
    {
        var (start, end) = (target.Start, PythonText.Find(text, tokens, target.Start, target.End, ":"));
        if (end == start + 1 && tokens[start].Kind == PythonTokenKind.Name)
        {
            Bind(start, block, value);
            return;
        }

        NoteMember(start, end);
        var isNames = true;
        for (var i = start; i < end; i++)
        {
            isNames &= tokens[i].Kind is PythonTokenKind.Name or PythonTokenKind.Open or PythonTokenKind.Close || Is(i, ",") || Is(i, "*");
            // `x["r"] = 8`
            if (tokens[i].Kind == PythonTokenKind.Name && i + 1 < end && IsOpen(i + 1, '['))
                NoteChange(i);
        }

        if (!isNames || (tokens[start].Kind == PythonTokenKind.Name && end > start + 1 && tokens[start + 1].Kind == PythonTokenKind.Open))
            return;
        var parts = Split(start, end);
        var values = Split(value.Start, value.End);
        var isPaired = parts.Count == values.Count
            && parts.All(p => p.End == p.Start + 1 && tokens[p.Start].Kind == PythonTokenKind.Name)
            // `a, b = *values, 1`
            && values.All(v => v.End > v.Start && !Is(v.Start, "*"));
        for (var i = 0; i < parts.Count; i++)
        {
            for (var at = parts[i].Start; at < parts[i].End; at++)
                Bind(at, block, isPaired ? values[i] : default);
        }
    }

    private List<PythonRange> Split(int start, int end)
    {
        var parts = new List<PythonRange>();
        while (start < end)
        {
            var comma = PythonText.Find(text, tokens, start, end, ",");
            parts.Add(new PythonRange(start, comma));
            start = comma + 1;
        }

        return parts;
    }

    private void NoteMember(int owner, ReadOnlySpan<char> member)
    {
        var names = _members.GetAlternateLookup<ReadOnlySpan<char>>();
        var name = text.AsSpan(tokens[owner].Start, tokens[owner].Length);
        if (!names.TryGetValue(name, out var members))
            names[name] = members = new Dictionary<string, int>(StringComparer.Ordinal);
        members.GetAlternateLookup<ReadOnlySpan<char>>()[member] = owner + 2;
    }

    private void NoteMember(int start, int end)
    {
        if (end == start + 3 && tokens[start].Kind == PythonTokenKind.Name && Is(start + 1, ".")
            && tokens[start + 2].Kind == PythonTokenKind.Name)
            NoteMember(start, text.AsSpan(tokens[start + 2].Start, tokens[start + 2].Length));
    }
}
