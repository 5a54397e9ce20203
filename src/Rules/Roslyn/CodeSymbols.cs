using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// Follows names to the one value they can have: locals that are assigned where they are declared and nowhere else, and static readonly
/// fields that no static constructor assigns.
/// </summary>
internal static class CodeSymbols
{
    // Calls on these give another object and leave this one alone.
    private static readonly HashSet<string> s_readOnlyTypes =
    [
        "IReadOnlyList", "IReadOnlyCollection", "IReadOnlyDictionary", "IEnumerable", "ImmutableArray", "ImmutableList",
        "ImmutableDictionary", "ReadOnlySpan", "FrozenSet", "FrozenDictionary",
    ];

    /// <summary>The expression that a local or field always has the value of, or null when that cannot be told.</summary>
    /// <param name="name">The use of the name.</param>
    /// <param name="symbol">What it names.</param>
    /// <param name="cancellation">Stops the search.</param>
    public static ExpressionSyntax? ValueOf(ExpressionSyntax name, ISymbol? symbol, CancellationToken cancellation)
    {
        if (symbol is not (ILocalSymbol { IsRef: false } or IFieldSymbol { IsStatic: true, IsReadOnly: true }))
            return null;
        if (symbol.DeclaringSyntaxReferences is not { Length: 1 } references
            || references[0].GetSyntax(cancellation) is not VariableDeclaratorSyntax { Initializer.Value: { } value } declarator)
            return null;
        SyntaxNode? scope = symbol is ILocalSymbol
            ? ScopeOf(declarator) : declarator.FirstAncestorOrSelf<TypeDeclarationSyntax>();
        if (scope is null || scope.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Any(n => n.Identifier.ValueText == symbol.Name && IsWritten(n)))
            return null;
        var type = symbol is ILocalSymbol local ? local.Type : ((IFieldSymbol)symbol).Type;
        return !MayBeChanged(type) || IsLeftAlone(scope, symbol, name) ? value : null;
    }

    /// <summary>The member around, with its lambdas and local functions; a program's top-level statements are one.</summary>
    public static SyntaxNode? ScopeOf(SyntaxNode node) => node.Ancestors()
        .FirstOrDefault(a => a is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or PropertyDeclarationSyntax
            or BaseFieldDeclarationSyntax or CompilationUnitSyntax);

    /// <summary>Whether a use of a name may give it another value.</summary>
    public static bool IsWritten(IdentifierNameSyntax name) =>
        IsTarget(name.Parent is MemberAccessExpressionSyntax access && access.Name == name ? access : name);

    /// <summary>Whether an expression is what something is assigned to, or handed on to be assigned to.</summary>
    public static bool IsTarget(ExpressionSyntax expression) => expression.Parent switch
    {
        // The name of a member in an initializer is no variable.
        AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } => false,
        AssignmentExpressionSyntax assignment => assignment.Left == expression,
        ArgumentSyntax { Parent: TupleExpressionSyntax { Parent: AssignmentExpressionSyntax assignment } tuple } =>
            assignment.Left == tuple,
        ArgumentSyntax argument => !argument.RefKindKeyword.IsKind(SyntaxKind.None),
        PrefixUnaryExpressionSyntax unary => unary.IsKind(SyntaxKind.PreIncrementExpression)
            || unary.IsKind(SyntaxKind.PreDecrementExpression) || unary.IsKind(SyntaxKind.AddressOfExpression),
        PostfixUnaryExpressionSyntax unary => !unary.IsKind(SyntaxKind.SuppressNullableWarningExpression),
        RefExpressionSyntax => true,
        _ => false,
    };

    private static bool MayBeChanged(ITypeSymbol type) =>
        type is IArrayTypeSymbol || (type is INamedTypeSymbol { IsGenericType: true } named && !s_readOnlyTypes.Contains(named.Name));

    // A list may be added to wherever its name is seen: every use has to be one that reads. Fields that others see have uses unseen.
    private static bool IsLeftAlone(SyntaxNode scope, ISymbol symbol, ExpressionSyntax use)
    {
        if (symbol is IFieldSymbol and not { DeclaredAccessibility: Accessibility.Private })
            return false;
        return scope.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Where(n => n.Identifier.ValueText == symbol.Name)
            .All(n => use.Span.Contains(n.Span)
                || n.Parent is AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } or ForEachStatementSyntax
                    or SpreadElementSyntax);
    }
}
