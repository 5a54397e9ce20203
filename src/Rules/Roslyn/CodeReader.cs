using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Runs;
using LoraLint.Rules.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// Reads the expression that builds a config into a tree, as far as the compiler knows its values. What it does not know is unknown; what
/// is written elsewhere stands at the place that refers to it.
/// </summary>
internal sealed class CodeReader(SemanticModel model, ConfigTypes types, CancellationToken cancellation)
{
    private const int MaxDepth = 32;
    private readonly List<TextSpan> _references = [];
    private readonly List<(ExpressionSyntax Value, TextSpan Reference)> _referred = [];
    private readonly List<TextSpan> _assigned = [];
    private int _depth;

    /// <summary>Places that stand for settings written elsewhere: nothing there can be edited.</summary>
    public IReadOnlyList<TextSpan> References => _references;

    /// <summary>The objects that those places refer to, in the same file.</summary>
    public IReadOnlyList<(ExpressionSyntax Value, TextSpan Reference)> Referred => _referred;

    /// <summary>Values that are assigned to members behind the creation.</summary>
    public IReadOnlyList<TextSpan> Assigned => _assigned;

    /// <summary>The tree of a creation or <c>with</c> expression of a type that holds settings; null for any other expression.</summary>
    public ConfigNode? ReadConfig(ExpressionSyntax expression, out ConfigType? type)
    {
        type = TypeOf(expression);
        return type is null ? null : Mapping(expression, type);
    }

    private ConfigType? TypeOf(ExpressionSyntax expression) => types.Find(model.GetTypeInfo(expression, cancellation).Type);

    private ConfigNode? Mapping(ExpressionSyntax expression, ConfigType type)
    {
        var entries = new List<ConfigEntry>();
        InitializerExpressionSyntax? initializer;
        switch (expression)
        {
            case BaseObjectCreationExpressionSyntax creation:
                AddArguments(entries, creation, type);
                initializer = creation.Initializer;
                break;
            case WithExpressionSyntax with:
                initializer = with.Initializer;
                break;
            default:
                return null;
        }

        foreach (var assigned in initializer?.Expressions.OfType<AssignmentExpressionSyntax>() ?? [])
        {
            if (assigned.Left is IdentifierNameSyntax name)
                Add(entries, new ConfigEntry(name.Identifier.ValueText, SpanOf(name), ReadAssigned(assigned.Right)));
        }

        // Whoever assigns members behind the creation decides what they are.
        foreach (var (member, value) in LaterAssignments.Of(expression))
        {
            if (value is null)
            {
                Add(entries, new ConfigEntry(member.Identifier.ValueText, SpanOf(expression), CodeScalar.Unknown(SpanOf(expression))));
                continue;
            }

            _assigned.Add(SpanOf(value));
            Add(entries, new ConfigEntry(member.Identifier.ValueText, SpanOf(member), Read(value)));
        }

        if (expression is WithExpressionSyntax { Expression: var original })
            AddOriginal(entries, original, type);
        return ConfigNode.Mapping(SpanOf(expression), entries, isFlow: true);
    }

    private void AddArguments(List<ConfigEntry> entries, BaseObjectCreationExpressionSyntax creation, ConfigType type)
    {
        if (creation.ArgumentList is not { Arguments.Count: > 0 } list)
            return;
        var constructor = model.GetSymbolInfo(creation, cancellation).Symbol as IMethodSymbol;
        for (var i = 0; i < list.Arguments.Count; i++)
        {
            var argument = list.Arguments[i];
            var parameter = argument.NameColon is { } colon
                ? constructor?.Parameters.FirstOrDefault(p => p.Name == colon.Name.Identifier.ValueText)
                : constructor?.Parameters.ElementAtOrDefault(i);
            // A list of any length has no name of its own for each value; a half-written call has no constructor.
            if (parameter is null or { IsParams: true } || !argument.RefKindKeyword.IsKind(SyntaxKind.None))
                continue;
            var value = Read(argument.Expression);
            Add(entries, new ConfigEntry(
                type.MemberOf(parameter.Name),
                argument.NameColon is { } named ? SpanOf(named.Name) : new TextSpan(value.Span.Start, 0),
                value));
        }
    }

    // What `with` takes over stands at the expression it starts from.
    private void AddOriginal(List<ConfigEntry> entries, ExpressionSyntax original, ConfigType type)
    {
        var reference = SpanOf(original);
        _references.Add(reference);
        var source = Follow(original, out var isHere);
        var mapping = source is not null && isHere ? Nested(() => Mapping(source, type)) : null;
        if (mapping is null)
        {
            var all = type.Members.Values.Select(m => m.Key.Split('.')[0]).Distinct();
            foreach (var key in all.Where(k => !entries.Any(e => e.Key == k)))
                entries.Add(new ConfigEntry(key, reference, CodeScalar.Unknown(reference)));
            return;
        }

        _referred.Add((source!, reference));
        foreach (var entry in mapping.Entries.Where(o => !o.IsOverridden && !entries.Any(e => e.Key == o.Key)))
            entries.Add(entry with { KeySpan = reference, Value = entry.Value.ReferredFrom(reference) });
    }

    private ConfigNode ReadAssigned(ExpressionSyntax value)
    {
        // `Lora = { Rank = 8 }` sets members of the object that is there; `Names = { "a" }` adds to a list of unknown content.
        if (value is not InitializerExpressionSyntax initializer)
            return Read(value);
        if (!initializer.IsKind(SyntaxKind.ObjectInitializerExpression))
            return CodeScalar.Unknown(SpanOf(value));
        var entries = new List<ConfigEntry>();
        foreach (var assigned in initializer.Expressions.OfType<AssignmentExpressionSyntax>())
        {
            if (assigned.Left is IdentifierNameSyntax name)
                Add(entries, new ConfigEntry(name.Identifier.ValueText, SpanOf(name), Nested(() => ReadAssigned(assigned.Right))!));
        }

        return ConfigNode.Mapping(SpanOf(value), entries, isFlow: true);
    }

    private ConfigNode Read(ExpressionSyntax expression)
    {
        cancellation.ThrowIfCancellationRequested();
        return Nested(() => ReadValue(expression)) ?? CodeScalar.Unknown(SpanOf(expression));
    }

    private ConfigNode ReadValue(ExpressionSyntax expression)
    {
        var span = SpanOf(expression);
        if (model.GetConstantValue(expression, cancellation) is { HasValue: true } constant)
            return CodeScalar.Of(constant.Value, model.GetTypeInfo(expression, cancellation).Type, span);
        switch (expression)
        {
            case ParenthesizedExpressionSyntax inner:
                return ReadValue(inner.Expression);
            case CastExpressionSyntax cast:
                return ReadValue(cast.Expression).ReferredFrom(span);
            case PostfixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.SuppressNullableWarningExpression } certain:
                return ReadValue(certain.Operand);
            case CollectionExpressionSyntax collection:
                return Elements(span, collection);
            case ImplicitArrayCreationExpressionSyntax array:
                return ConfigNode.Sequence(span, [.. array.Initializer.Expressions.Select(Read)], isFlow: true);
            case ArrayCreationExpressionSyntax { Initializer: { } items }:
                return ConfigNode.Sequence(span, [.. items.Expressions.Select(Read)], isFlow: true);
            case ArrayCreationExpressionSyntax { Type.RankSpecifiers: { Count: 1 } ranks } when ranks[0].Sizes.Count == 1
                && model.GetConstantValue(ranks[0].Sizes[0], cancellation).Value is 0:
                return ConfigNode.Sequence(span, [], isFlow: true);
            case BaseObjectCreationExpressionSyntax or WithExpressionSyntax when TypeOf(expression) is { } type:
                return Mapping(expression, type) ?? CodeScalar.Unknown(span);
            case BaseObjectCreationExpressionSyntax { ArgumentList: null or { Arguments.Count: 0 } } creation:
                return Collection(creation);
            case IdentifierNameSyntax or MemberAccessExpressionSyntax:
                return ReadReferred(expression);
            default:
                return CodeScalar.Unknown(span);
        }
    }

    // new List<string> { "a" } and new Dictionary<string, int> { ["a"] = 1, { "b", 2 } }
    private ConfigNode Collection(BaseObjectCreationExpressionSyntax creation)
    {
        var span = SpanOf(creation);
        if (model.GetTypeInfo(creation, cancellation).Type is not INamedTypeSymbol { IsGenericType: true } type)
            return CodeScalar.Unknown(span);
        var values = creation.Initializer?.Expressions ?? [];
        if (type.TypeArguments.Length == 1)
        {
            return creation.Initializer?.IsKind(SyntaxKind.ObjectInitializerExpression) is true && values.Count > 0
                ? CodeScalar.Unknown(span) : ConfigNode.Sequence(span, [.. values.Select(Read)], isFlow: true);
        }

        var entries = new List<ConfigEntry>();
        foreach (var value in values)
        {
            var (key, content) = value switch
            {
                AssignmentExpressionSyntax { Left: ImplicitElementAccessSyntax { ArgumentList.Arguments: { Count: 1 } index } } set =>
                    (index[0].Expression, set.Right),
                InitializerExpressionSyntax { Expressions: { Count: 2 } pair } => (pair[0], pair[1]),
                _ => ((ExpressionSyntax?)null, (ExpressionSyntax?)null),
            };
            if (key is null || model.GetConstantValue(key, cancellation).Value is not string name)
                return CodeScalar.Unknown(span);
            Add(entries, new ConfigEntry(name, SpanOf(key), Read(content!)));
        }

        return ConfigNode.Mapping(span, entries, isFlow: true);
    }

    // A spread element brings the items of a list that is known; their place is the spread, where nothing can be edited.
    private ConfigNode Elements(TextSpan span, CollectionExpressionSyntax collection)
    {
        var items = new List<ConfigNode>();
        foreach (var element in collection.Elements)
        {
            if (element is ExpressionElementSyntax { Expression: var single })
            {
                items.Add(Read(single));
                continue;
            }

            if (element is not SpreadElementSyntax { Expression: var spread } || Read(spread) is not { IsSequence: true } list)
                return CodeScalar.Unknown(span);
            var place = SpanOf(element);
            _references.Add(place);
            items.AddRange(list.Items.Select(i => i.ReferredFrom(place)));
        }

        return ConfigNode.Sequence(span, items, isFlow: true);
    }

    // Cadence.Never and Cadence.EachEpoch.
    private static ConfigNode? OwnCadence(IPropertySymbol property, TextSpan span)
    {
        if (property.ContainingType is not { Name: nameof(Cadence) } type
            || type.ContainingNamespace?.ToDisplayString() != RunMembers.Namespace)
            return null;
        var steps = property.Name switch { nameof(Cadence.Never) => "0", nameof(Cadence.EachEpoch) => "null", _ => null };
        return steps is null ? null : ConfigNode.Mapping(
            span, [new ConfigEntry(nameof(Cadence.Steps), span, ConfigNode.Scalar(span, steps, ScalarStyle.Plain))], isFlow: true)
            .ReferredFrom(span);
    }

    private ConfigNode ReadReferred(ExpressionSyntax name)
    {
        var span = SpanOf(name);
        if (model.GetSymbolInfo(name, cancellation).Symbol is IPropertySymbol { IsStatic: true } known
            && OwnCadence(known, span) is { } cadence)
            return cadence;
        if (Follow(name, out var isHere) is not { } value)
            return CodeScalar.Unknown(span);
        // Without the model of the other file, literals are all that can be read.
        if (!isHere)
            return value is LiteralExpressionSyntax literal ? CodeScalar.Of(literal.Token.Value, null, span) : CodeScalar.Unknown(span);
        var read = Read(value);
        if (read.IsMapping && TypeOf(value) is not null)
        {
            _references.Add(span);
            _referred.Add((value, span));
            return ConfigNode.Mapping(
                span, [.. read.Entries.Select(e => e with { KeySpan = span, Value = e.Value.ReferredFrom(span) })], isFlow: true);
        }

        // A list's items are no more here than the list is: two configs that share it would be told of at one place.
        return (read.IsSequence ? ConfigNode.Sequence(span, [.. read.Items.Select(i => i.ReferredFrom(span))], isFlow: true) : read)
            .ReferredFrom(span);
    }

    // The expression behind a name; a creation or `with` is its own.
    private ExpressionSyntax? Follow(ExpressionSyntax expression, out bool isHere)
    {
        while (expression is ParenthesizedExpressionSyntax inner)
            expression = inner.Expression;
        isHere = true;
        if (expression is BaseObjectCreationExpressionSyntax or WithExpressionSyntax)
            return expression;
        var value = CodeSymbols.ValueOf(expression, model.GetSymbolInfo(expression, cancellation).Symbol, cancellation);
        isHere = value?.SyntaxTree == model.SyntaxTree;
        return value;
    }

    private static void Add(List<ConfigEntry> entries, ConfigEntry entry)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Key == entry.Key)
                entries[i] = entries[i] with { IsOverridden = true };
        }

        entries.Add(entry);
    }

    // Names that refer to each other in a circle and code of great depth end here.
    private ConfigNode? Nested(Func<ConfigNode?> read)
    {
        if (_depth == MaxDepth)
            return null;
        _depth++;
        try
        {
            return read();
        }
        finally
        {
            _depth--;
        }
    }

    private static TextSpan SpanOf(SyntaxNode node) => new(node.Span.Start, node.Span.Length);
}
