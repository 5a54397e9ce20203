using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// Members that are assigned to an object behind its creation: <c>config.Alpha = 8;</c> where the creation is what the variable, field or
/// property <c>config</c> starts with. The value is known where the object can be nowhere else yet: a local whose members are assigned
/// once each, by statements of the same block, before anything else is done with it.
/// </summary>
internal static class LaterAssignments
{
    // What changes the list that a member holds.
    private static readonly HashSet<string> s_changes =
    [
        "Add", "AddRange", "Insert", "InsertRange", "Remove", "RemoveAt", "RemoveAll", "RemoveRange", "Clear", "Sort", "Reverse", "Push",
        "TryAdd", "UnionWith", "ExceptWith", "IntersectWith",
    ];

    /// <summary>Each member that is assigned with the value it gets; null where that is not known.</summary>
    public static IReadOnlyList<(SimpleNameSyntax Member, ExpressionSyntax? Value)> Of(ExpressionSyntax creation)
    {
        if (creation.Parent is not EqualsValueClauseSyntax { Parent: var declaration })
            return [];
        var (name, scope) = declaration switch
        {
            VariableDeclaratorSyntax { Parent.Parent: LocalDeclarationStatementSyntax or UsingStatementSyntax } local =>
                (local.Identifier.ValueText, CodeSymbols.ScopeOf(local)),
            VariableDeclaratorSyntax field => (field.Identifier.ValueText, field.FirstAncestorOrSelf<TypeDeclarationSyntax>()),
            PropertyDeclarationSyntax property => (property.Identifier.ValueText, property.FirstAncestorOrSelf<TypeDeclarationSyntax>()),
            _ => ("", (SyntaxNode?)null),
        };
        if (scope is null || name.Length == 0)
            return [];
        var assigned = scope.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(m => NameOf(m.Expression) == name && (CodeSymbols.IsTarget(m) || IsChanged(m)))
            .GroupBy(m => m.Name.Identifier.ValueText)
            .ToList();
        if (assigned.Count == 0)
            return [];
        var certain = declaration is VariableDeclaratorSyntax { Parent.Parent: LocalDeclarationStatementSyntax statement }
            ? InStraightLine(statement, name, scope) : [];
        return [.. assigned.Select(m => (m.First().Name, m.Count() == 1 ? certain.FirstOrDefault(a => a.Left == m.First())?.Right : null))];
    }

    // The assignments behind a declaration up to the last one, when nothing between them speaks of the object otherwise.
    private static IReadOnlyList<AssignmentExpressionSyntax> InStraightLine(
        LocalDeclarationStatementSyntax declaration, string name, SyntaxNode scope)
    {
        if (scope.DescendantNodes().OfType<IdentifierNameSyntax>().Any(
            n => n.Identifier.ValueText == name && n.Parent is not MemberAccessExpressionSyntax && CodeSymbols.IsWritten(n)))
            return [];
        var statements = declaration.Parent switch
        {
            BlockSyntax block => block.Statements.ToList(),
            GlobalStatementSyntax { Parent: CompilationUnitSyntax unit } =>
                [.. unit.Members.OfType<GlobalStatementSyntax>().Select(g => g.Statement)],
            _ => [],
        };
        var found = new List<AssignmentExpressionSyntax>();
        foreach (var statement in statements.SkipWhile(s => s != declaration).Skip(1))
        {
            if (!Mentions(statement, name))
                continue;
            if (statement is not ExpressionStatementSyntax { Expression: AssignmentExpressionSyntax assignment }
                || !assignment.IsKind(SyntaxKind.SimpleAssignmentExpression)
                || assignment.Left is not MemberAccessExpressionSyntax { Expression: IdentifierNameSyntax target }
                || target.Identifier.ValueText != name || Mentions(assignment.Right, name))
                break;
            found.Add(assignment);
        }

        return found;
    }

    private static bool Mentions(SyntaxNode node, string name) =>
        node.DescendantNodesAndSelf().OfType<IdentifierNameSyntax>().Any(n => n.Identifier.ValueText == name);

    private static bool IsChanged(MemberAccessExpressionSyntax member) => member.Parent switch
    {
        MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax } called when called.Expression == member =>
            s_changes.Contains(called.Name.Identifier.ValueText),
        ElementAccessExpressionSyntax element => CodeSymbols.IsTarget(element),
        _ => false,
    };

    private static string? NameOf(ExpressionSyntax expression) => expression switch
    {
        IdentifierNameSyntax identifier => identifier.Identifier.ValueText,
        MemberAccessExpressionSyntax access => access.Name.Identifier.ValueText,
        _ => null,
    };
}
