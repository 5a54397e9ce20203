using System.Collections.Immutable;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using RoslynSpan = Microsoft.CodeAnalysis.Text.TextSpan;

namespace LoraLint.Rules.Roslyn;

/// <summary>
/// Runs LoraLint's rules on LoRA configs that C# code builds: creations and <c>with</c> expressions of the records in
/// <c>LoraLint.Rules.Runs</c> and of types in their style. Values come from the semantic model; what it does not know stays unknown.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LoraConfigAnalyzer : DiagnosticAnalyzer
{
    // Rules that are off by default run too: whether they are shown is the compiler's decision, by the descriptor and .editorconfig.
    private static readonly LintOptions s_options = new()
    {
        Severities = RuleCatalog.Infos
            .Where(i => RuleInfo.SeverityOf(i.Category) == Severity.Off).ToDictionary(i => i.Name, _ => Severity.Info),
    };

    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => RuleDescriptors.All;

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            var types = new ConfigTypes();
            start.RegisterSyntaxNodeAction(
                node => Analyse(node, types),
                SyntaxKind.ObjectCreationExpression,
                SyntaxKind.ImplicitObjectCreationExpression,
                SyntaxKind.WithExpression);
        });
    }

    private static void Analyse(SyntaxNodeAnalysisContext context, ConfigTypes types)
    {
        var expression = (ExpressionSyntax)context.Node;
        if (!MayBeConfig(expression))
            return;
        var reader = new CodeReader(context.SemanticModel, types, context.CancellationToken);
        if (reader.ReadConfig(expression, out var type) is not { } root || type is null || root.Entries.Count == 0
            || IsPartOfConfig(expression, context.SemanticModel, types, context.CancellationToken))
            return;
        var text = expression.SyntaxTree.GetText(context.CancellationToken).ToString();
        var source = new SourceText(expression.SyntaxTree.FilePath.Replace('\\', '/'), text);
        var known = new HashSet<(string Code, TextSpan Reference)>();
        foreach (var (value, reference) in reader.Referred)
        {
            foreach (var finding in FindingsOf(value, source, context, types))
                known.Add((finding.Rule.Code, reference));
        }

        foreach (var finding in Check(source, root, type))
        {
            // What an object is wrong by itself is told where it is made.
            if (!known.Contains((finding.Rule.Code, finding.Span)))
                Report(context, finding, expression, root, type, reader, source.Text);
        }
    }

    private static IReadOnlyList<Finding> FindingsOf(
        ExpressionSyntax value, SourceText source, SyntaxNodeAnalysisContext context, ConfigTypes types)
    {
        var reader = new CodeReader(context.SemanticModel, types, context.CancellationToken);
        return reader.ReadConfig(value, out var type) is { } root && type is not null ? Check(source, root, type) : [];
    }

    private static IReadOnlyList<Finding> Check(SourceText source, ConfigNode root, ConfigType type)
    {
        var document = new ConfigDocument { Source = source, Language = ConfigLanguage.CSharp, Roots = [root] };
        var config = new RecognisedConfig(root, type.Format, ConfigLanguage.CSharp, source.Path);
        return Linter.Check(document, [config], s_options, NoCompanionFiles.Instance).Findings;
    }

    private static void Report(
        SyntaxNodeAnalysisContext context, Finding finding, ExpressionSyntax expression, ConfigNode root, ConfigType type,
        CodeReader reader, string text)
    {
        var fix = finding.Fix is null ? null : CodeFix.Fit(finding.Fix, expression, root, type, reader, context.SemanticModel);
        var tree = expression.SyntaxTree;
        context.ReportDiagnostic(Diagnostic.Create(
            RuleDescriptors.Find(finding.Rule),
            LocationOf(tree, finding.Span),
            RuleDescriptors.SeverityOf(finding.Severity),
            finding.Related.Where(r => r.Source.Path == finding.Related[0].Source.Path).Select(r => LocationOf(tree, r.Span)),
            FixProperties.Of(fix, finding.Span.Start, text),
            finding.Message));
    }

    private static Location LocationOf(SyntaxTree tree, TextSpan span) => Location.Create(tree, new RoslynSpan(span.Start, span.Length));

    /// <summary>A look at the syntax alone, which is all that code without configs costs.</summary>
    private static bool MayBeConfig(ExpressionSyntax expression)
    {
        var type = expression switch
        {
            ObjectCreationExpressionSyntax named => named.Type,
            ImplicitObjectCreationExpressionSyntax
                { Parent: EqualsValueClauseSyntax { Parent: VariableDeclaratorSyntax { Parent: VariableDeclarationSyntax declared } } } =>
                declared.Type,
            _ => null,
        };
        if (type is not null && NameOf(type) is { } name && (ConfigNames.IsRecord(name) || ConfigNames.SaysLora(name)))
            return true;
        var initializer = expression switch
        {
            BaseObjectCreationExpressionSyntax creation => creation.Initializer,
            WithExpressionSyntax with => with.Initializer,
            _ => null,
        };
        if (initializer is null)
            return expression is ImplicitObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: > 0 };
        foreach (var assigned in initializer.Expressions)
        {
            if (assigned is AssignmentExpressionSyntax { Left: IdentifierNameSyntax member }
                && ConfigNames.MayBeMember(member.Identifier.ValueText))
                return true;
        }

        return expression is ImplicitObjectCreationExpressionSyntax { ArgumentList.Arguments.Count: > 0 };
    }

    private static string? NameOf(TypeSyntax type) => type switch
    {
        SimpleNameSyntax simple => simple.Identifier.ValueText,
        QualifiedNameSyntax qualified => qualified.Right.Identifier.ValueText,
        AliasQualifiedNameSyntax qualified => qualified.Name.Identifier.ValueText,
        _ => null,
    };

    // A part that is written inside of a run, or of another part, is checked with it; what `with` starts from with the outcome.
    private static bool IsPartOfConfig(ExpressionSyntax expression, SemanticModel model, ConfigTypes types, CancellationToken cancellation)
    {
        SyntaxNode node = expression;
        while (IsWrapped(node))
            node = node.Parent!;
        var parent = node.Parent switch
        {
            WithExpressionSyntax with when with.Expression == node => null,
            AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax { Parent: ExpressionSyntax owner } } set
                when set.Right == node => owner,
            ArgumentSyntax { Parent: ArgumentListSyntax { Parent: BaseObjectCreationExpressionSyntax owner } } => owner,
            _ => null,
        };
        return parent is not null && types.Find(model.GetTypeInfo(parent, cancellation).Type)?.Record is not null;
    }

    // In brackets of any kind: those of an expression, of a cast, of a list.
    private static bool IsWrapped(SyntaxNode node) => node.Parent switch
    {
        ParenthesizedExpressionSyntax or CastExpressionSyntax or ExpressionElementSyntax or CollectionExpressionSyntax => true,
        PostfixUnaryExpressionSyntax unary => unary.IsKind(SyntaxKind.SuppressNullableWarningExpression),
        InitializerExpressionSyntax list => list.IsKind(SyntaxKind.ArrayInitializerExpression)
            || list.IsKind(SyntaxKind.CollectionInitializerExpression),
        ArrayCreationExpressionSyntax or ImplicitArrayCreationExpressionSyntax => true,
        BaseObjectCreationExpressionSyntax =>
            node is InitializerExpressionSyntax list && list.IsKind(SyntaxKind.CollectionInitializerExpression),
        _ => false,
    };
}
