using LoraLint.Rules.Configs;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading.Python;

/// <summary>A call of a script with its arguments by name.</summary>
/// <param name="Callee">What is called.</param>
/// <param name="Start">The index of its first token.</param>
/// <param name="Span">From its name to its closing bracket.</param>
/// <param name="NameSpan">Its name.</param>
/// <param name="Block">Where it stands.</param>
/// <param name="Arguments">The arguments by name, in order.</param>
/// <param name="IsComplete">Whether all arguments are known by name.</param>
/// <param name="Targets">The names that its result is assigned to.</param>
/// <param name="IsAlternative">Whether it stands on one side of an <c>if</c>, <c>or</c> or <c>and</c> in its expression.</param>
internal sealed record PythonCall(
    PythonCallee Callee, int Start, TextSpan Span, TextSpan NameSpan, PythonBlock Block, IReadOnlyList<ConfigEntry> Arguments,
    bool IsComplete, IReadOnlyList<string> Targets, bool IsAlternative)
{
    /// <summary>What it has to do with a run.</summary>
    public CodeCallKind Kind => Callee.Kind;

    /// <summary>The argument of a name, or null.</summary>
    public ConfigEntry? Find(string name) => Arguments.FirstOrDefault(a => a.Key == name && !a.IsOverridden);

    /// <summary>As it is kept with a root.</summary>
    public CodeCall ToCodeCall() => new(Kind, Callee.Name, Span, IsComplete)
    {
        Unpacked = [.. Arguments.Where(a => a.IsMerged).Select(a => a.KeySpan)],
    };
}

/// <summary>Finds the known calls of a script and reads their arguments.</summary>
internal sealed class PythonCallFinder(PythonScript script, CodeLimit limit)
{
    private readonly PythonNames _names = new(script);
    private PythonExpressions? _expressions;

    private PythonExpressions Expressions => _expressions ??= new PythonExpressions(script.Text, script.Tokens, _names);

    /// <summary>The known calls, in order; a call inside of another one's arguments too.</summary>
    public IReadOnlyList<PythonCall> Find()
    {
        var calls = new List<PythonCall>();
        var tokens = script.Tokens;
        foreach (var statement in script.Statements)
        {
            for (var i = statement.Tokens.Start; i < statement.Tokens.End; i++)
            {
                if (tokens[i].Kind != PythonTokenKind.Name)
                    continue;
                var end = EndOfName(i, statement.Tokens.End);
                var isCall = end < statement.Tokens.End && tokens[end] is { Kind: PythonTokenKind.Open } open && open.Match > end
                    && script.Text[open.Start] == '(';
                var isMember = i > statement.Tokens.Start && script.Is(i - 1, ".");
                if (isCall && !isMember && CalleeAt(i, end) is { } callee)
                {
                    if (calls.Count == ReadLimits.MaxCalls)
                    {
                        limit.Pass("the script has more calls that configure training", ReadLimits.MaxCalls, tokens[i].Span);
                        return calls;
                    }

                    var call = Read(callee.What, i, end, statement);
                    calls.Add(callee.Type is { } type ? MadeLater(call, type) : call);
                }

                i = end - 1;
            }
        }

        return calls;
    }

    // `dict(type=LoraConfig, r=8)`, from which XTuner and others on MMEngine make the call later, is that call.
    private (PythonCallee What, TextSpan? Type)? CalleeAt(int start, int open)
    {
        if (_names.QualifiedName(start, open) is not { } name)
            return null;
        if (PythonCalls.Find(name) is { } callee)
            return (callee, null);
        if (name != "dict" || !script.Is(open + 1, "type") || !script.Is(open + 2, "="))
            return null;
        var close = script.Tokens[open].Match;
        var end = open + 3 < close && script.Tokens[open + 3].Kind == PythonTokenKind.Name ? EndOfName(open + 3, close) : open;
        return end > open && (end == close || script.Is(end, ",")) && _names.QualifiedName(open + 3, end) is { } type
            && PythonCalls.Find(type) is { } made
            ? (made, TextSpan.FromBounds(script.Tokens[open + 3].Start, script.Tokens[end - 1].EndOffset)) : null;
    }

    // XTuner names all linear layers where no modules are named, and adds to what a model is loaded with (xtuner/model/sft.py).
    private static PythonCall MadeLater(PythonCall call, TextSpan type)
    {
        var arguments = call.Arguments.Where(a => a.Key != "type").ToList();
        var unknown = ConfigNode.Scalar(type, "target_modules", ScalarStyle.Plain, isUnknown: true);
        if (call.Kind == CodeCallKind.Adapter && call.Find("target_modules") is null)
            arguments.Add(new ConfigEntry("target_modules", new TextSpan(type.Start, 0), unknown));
        return call with
        {
            NameSpan = type, Arguments = arguments,
            IsComplete = call.IsComplete && call.Kind is CodeCallKind.Adapter or CodeCallKind.Quantization,
        };
    }

    private int EndOfName(int start, int limit)
    {
        var end = start + 1;
        while (end + 1 < limit && script.Is(end, ".") && script.Tokens[end + 1].Kind == PythonTokenKind.Name)
            end += 2;
        return end;
    }

    private PythonCall Read(PythonCallee callee, int start, int open, PythonStatement statement)
    {
        var tokens = script.Tokens;
        var close = tokens[open].Match;
        var arguments = new List<ConfigEntry>();
        var isComplete = true;
        var positional = 0;
        for (var i = open + 1; i < close;)
        {
            if (arguments.Count >= ReadLimits.MaxArguments)
            {
                limit.Pass("the call has more arguments", ReadLimits.MaxArguments, tokens[i].Span);
                isComplete = false;
                break;
            }

            var end = PythonText.Find(script.Text, tokens, i, close, ",");
            if (end == i)
                isComplete = false;
            else if (script.Is(i, "**"))
                isComplete &= Unpack(new PythonRange(i + 1, end), arguments);
            else if (i + 1 < end && tokens[i].Kind == PythonTokenKind.Name && script.Is(i + 1, "="))
                arguments.Add(new ConfigEntry(script.Word(i), tokens[i].Span, Expressions.Read(i + 2, end)));
            else if (!script.Is(i, "*") && positional < callee.Positional.Count)
                arguments.Add(new ConfigEntry(
                    callee.Positional[positional++], new TextSpan(tokens[i].Start, 0), Expressions.Read(i, end)));
            else
                isComplete = false;
            i = end + 1;
        }

        MarkOverridden(arguments);
        var span = TextSpan.FromBounds(tokens[start].Start, tokens[close].EndOffset);
        return new PythonCall(
            callee, start, span, TextSpan.FromBounds(span.Start, tokens[open - 1].EndOffset), statement.Block, arguments,
            isComplete, TargetsOf(statement, start), IsAlternative(start, close));
    }

    private bool IsAlternative(int start, int close) =>
        script.Is(close + 1, "if") || script.Is(close + 1, "or") || script.Is(close + 1, "and")
        || (start > 0 && (script.Is(start - 1, "else") || script.Is(start - 1, "or") || script.Is(start - 1, "and")));

    // `**settings`: a dict that is known has its entries here.
    private bool Unpack(PythonRange value, List<ConfigEntry> arguments)
    {
        var node = Expressions.Read(value.Start, value.End);
        foreach (var entry in node.Entries)
            arguments.Add(entry with { IsMerged = true });
        return node.IsMapping;
    }

    private static void MarkOverridden(List<ConfigEntry> arguments)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = arguments.Count - 1; i >= 0; i--)
        {
            if (!arguments[i].IsOverridden && !seen.Add(arguments[i].Key))
                arguments[i] = arguments[i] with { IsOverridden = true };
        }
    }

    private List<string> TargetsOf(PythonStatement statement, int call)
    {
        var targets = new List<string>();
        if (statement.Value.Start != call)
            return targets;
        var end = PythonText.Find(script.Text, script.Tokens, statement.Tokens.Start, statement.Value.Start, ":");
        for (var i = statement.Tokens.Start; i < Math.Min(end, statement.Value.Start); i++)
        {
            if (script.Tokens[i].Kind == PythonTokenKind.Name)
                targets.Add(script.Word(i));
        }

        return targets;
    }
}
