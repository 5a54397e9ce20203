using LoraLint.CodeFixes;
using LoraLint.Rules.Roslyn;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace LoraLint.Tests.Roslyn;

/// <summary>C# code with the analyzer and its code fixes run over it.</summary>
internal static class CSharpCode
{
    /// <summary>A type in the style of ours, as programs that use TorchSharp by hand declare them.</summary>
    public const string UserType =
        """

        public sealed record LoraConfig
        {
            public int R { get; init; } = 8;
            public double LoraAlpha { get; init; } = 16;
            public float LoraDropout { get; init; }
            public string[] TargetModules { get; init; } = [];
            public string[] ModulesToSave { get; init; } = [];
            public bool UseRslora { get; init; }
            public double LearningRate { get; init; } = 2e-4;
        }

        public sealed class HandLoraOptions
        {
            public double Rank { get; set; } = 8;
            public decimal Alpha { get; set; } = 16m;
            public string Bias { get; set; } = "none";
            public string BaseModel { get; set; } = "";
            public int Epochs { get; set; } = 1;
            public int? MaxSteps { get; set; }
            public int BatchSize { get; set; } = 1;
            public double WarmupRatio { get; set; }
            public double WeightDecay { get; set; }
            public bool LoadIn4Bit { get; set; }
            public string QuantizationType { get; set; } = "nf4";
            public bool DoubleQuantization { get; set; } = true;
            public string[] TargetModules { get; set; } = [];
        }
        """;

    private static readonly Lazy<IReadOnlyList<MetadataReference>> s_references = new(() =>
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal) || Path.GetFileName(p) == "netstandard.dll")
            .Select(p => MetadataReference.CreateFromFile(p)),
        MetadataReference.CreateFromFile(typeof(Rules.Runs.TrainingRun).Assembly.Location),
    ]);

    /// <summary>A method whose body is the statements, with <see cref="UserType"/> and our records in reach.</summary>
    public static string InMethod(string statements) =>
        "using System.Collections.Generic;\nusing LoraLint.Rules.Runs;\npublic static class Program\n{\n"
        + "    public static object? Make(int given)\n    {\n        " + statements + "\n        return null;\n    }\n}\n" + UserType;

    /// <summary>The code compiled.</summary>
    public static CSharpCompilation Compile(params string[] files) => CSharpCompilation.Create(
        "Code",
        files.Select((f, i) => CSharpSyntaxTree.ParseText(f, new CSharpParseOptions(LanguageVersion.Latest), $"File{i}.cs")),
        s_references.Value,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    /// <summary>What the analyzer finds, by file and place; a failure of the analyzer itself fails the test.</summary>
    public static IReadOnlyList<Diagnostic> Analyse(CSharpCompilation compilation)
    {
        var failures = new List<string>();
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]),
            (exception, _, _) => { lock (failures) failures.Add(exception.ToString()); },
            concurrentAnalysis: true,
            logAnalyzerExecutionTime: false);
        var found = compilation.WithAnalyzers([new LoraConfigAnalyzer()], options)
            .GetAnalyzerDiagnosticsAsync().GetAwaiter().GetResult();
        Assert.Empty(failures);
        return [.. found.OrderBy(d => d.Location.SourceTree!.FilePath, StringComparer.Ordinal)
            .ThenBy(d => d.Location.SourceSpan.Start).ThenBy(d => d.Id, StringComparer.Ordinal)];
    }

    /// <summary>What the analyzer finds in code that compiles.</summary>
    public static IReadOnlyList<Diagnostic> Find(params string[] files)
    {
        var compilation = Compile(files);
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
        return Analyse(compilation);
    }

    /// <summary>Each finding as its code and the text under it.</summary>
    public static IReadOnlyList<string> Shown(IEnumerable<Diagnostic> diagnostics) =>
        [.. diagnostics.Select(d => $"{d.Id} {d.Location.SourceTree!.GetText().ToString(d.Location.SourceSpan)}")];

    /// <summary>The code after the fix that a provider offers for a finding; null when it offers none.</summary>
    public static string? Fix(string code, Diagnostic diagnostic)
    {
        using var workspace = new AdhocWorkspace();
        var document = DocumentOf(workspace, code);
        var actions = new List<CodeAction>();
        foreach (CodeFixProvider provider in new CodeFixProvider[] { new SafeFixProvider(), new UnsafeFixProvider() })
        {
            var context = new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), CancellationToken.None);
            provider.RegisterCodeFixesAsync(context).GetAwaiter().GetResult();
        }

        return actions.Count == 0 ? null : TextAfter(Assert.Single(actions), document.Id);
    }

    /// <summary>The code after Fix All for the findings of one rule; null when there is no such fix.</summary>
    public static string? FixAll(string code, IReadOnlyList<Diagnostic> diagnostics)
    {
        using var workspace = new AdhocWorkspace();
        var document = DocumentOf(workspace, code);
        var provider = new SafeFixProvider();
        var context = new FixAllContext(
            document, provider, FixAllScope.Document, diagnostics[0].Id, [diagnostics[0].Id], new Given(diagnostics),
            CancellationToken.None);
        return provider.GetFixAllProvider()!.GetFixAsync(context).GetAwaiter().GetResult() is { } action
            ? TextAfter(action, document.Id) : null;
    }

    private static Document DocumentOf(AdhocWorkspace workspace, string code) => workspace
        .AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(), VersionStamp.Default, "Code", "Code", LanguageNames.CSharp, metadataReferences: s_references.Value))
        .AddDocument("File0.cs", SourceText.From(code), filePath: "File0.cs");

    private static string TextAfter(CodeAction action, DocumentId document) => action
        .GetOperationsAsync(CancellationToken.None).GetAwaiter().GetResult()
        .OfType<ApplyChangesOperation>().Single().ChangedSolution.GetDocument(document)!
        .GetTextAsync().GetAwaiter().GetResult().ToString();

    private sealed class Given(IReadOnlyList<Diagnostic> diagnostics) : FixAllContext.DiagnosticProvider
    {
        public override Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<Diagnostic>>(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<Diagnostic>>(diagnostics);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellationToken) =>
            Task.FromResult<IEnumerable<Diagnostic>>([]);
    }
}
