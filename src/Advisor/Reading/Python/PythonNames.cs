namespace LoraLint.Advisor.Reading.Python;

/// <summary>What the names of a script stand for, where that is sure.</summary>
internal sealed class PythonNames(PythonScript script)
{
    private readonly HashSet<string> _bound = [.. script.Scopes.SelectMany(s => s.Bindings.Keys)];

    /// <summary>
    /// The tokens that a name stands for where it is used: it is assigned once, before its use, and not in a branch that may not have run.
    /// </summary>
    public PythonRange? ValueOf(int use)
    {
        if (script.IsDynamic || BindingOf(use) is not { Count: 1 } binding || binding.Value.End <= binding.Value.Start)
            return null;
        var isBefore = binding.Value.End <= use;
        return isBefore && binding.Block is { } block && script.StatementAt(use).Block.IsWithin(block.Branch) ? binding.Value : null;
    }

    /// <summary>Whether a list or dict of a name may have been changed in place: a method of it is called, an item set.</summary>
    public bool MayChange(int use) => script.Changed.Contains(script.Word(use));

    /// <summary>
    /// The dotted name from one index up to another as its library has it, imports and their aliases followed. Null for a name that the
    /// script binds itself; a name that it binds nowhere is taken as it is.
    /// </summary>
    public string? QualifiedName(int first, int end)
    {
        var word = script.Word(first);
        var rest = string.Concat(Enumerable.Range(first + 1, end - first - 1).Select(script.Word));
        if (script.Imports.TryGetValue(word, out var imported))
            return imported + rest;
        return _bound.Contains(word) ? null : word + rest;
    }

    private PythonBinding? BindingOf(int use)
    {
        var word = script.Word(use);
        var start = script.StatementAt(use).Block.Scope;
        for (PythonScope? scope = start; scope is not null; scope = scope.Parent)
        {
            if ((scope == start || !scope.IsClass) && scope.Bindings.TryGetValue(word, out var binding))
                return binding;
        }

        return null;
    }
}
