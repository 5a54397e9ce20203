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

    /// <summary>Whether it holds a whole module, function or class, and no part of a compound statement in it.</summary>
    public bool IsBody => Parent is null || Parent.Scope != Scope;

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
