namespace LoraLint.Advisor.Reading.Python;

/// <summary>What the names of a script stand for, where that is sure.</summary>
internal sealed class PythonNames(PythonScript script)
{
    /// <summary>
    /// The tokens that a name stands for where it is used: it is assigned once, before its use, and not in a branch that may not have run.
    /// </summary>
    public PythonRange? ValueOf(int use)
    {
        if (script.Bindings.IsDynamic || BindingOf(use) is not { Count: 1 } binding || binding.Value.End <= binding.Value.Start)
            return null;
        // An import of the same name, or of everything behind the assignment, binds it once more.
        if (script.Imports.TryFind(script.Word(use), out _) || script.Imports.LastOfEverything > binding.Value.Start)
            return null;
        var isBefore = binding.Value.End <= use;
        return isBefore && binding.Block is { } block && script.StatementAt(use).Block.IsWithin(block.Branch) ? binding.Value : null;
    }

    /// <summary>Whether a list or dict of a name may have been changed in place: a method of it is called, an item set.</summary>
    public bool MayChange(int use) => script.Bindings.Changed.Contains(script.Word(use));

    /// <summary>
    /// The dotted name from one index up to another as its library has it, imports and their aliases followed. Null for a name that the
    /// script binds itself; a name that it binds nowhere is taken as it is.
    /// </summary>
    public string? QualifiedName(int first, int end)
    {
        var word = script.Word(first);
        var binding = BindingOf(first);
        var rest = string.Concat(Enumerable.Range(first + 1, end - first - 1).Select(script.Word));
        if (script.Imports.TryFind(word, out var imported))
            return binding is null || IsFallback(binding) ? imported + rest : null;
        // What an import of everything brings in, nobody knows.
        return binding is null && script.Imports.LastOfEverything < 0 ? word + rest : null;
    }

    // `LoraConfig = None`, for when the import has failed.
    private bool IsFallback(PythonBinding binding) =>
        binding is { Count: 1, Value: var value } && value.End == value.Start + 1 && script.Is(value.Start, "None");

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
