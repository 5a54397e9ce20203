using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>What several rules ask of a base model whose modules are known.</summary>
internal static class KnownModel
{
    /// <summary>The formats whose adapters PEFT makes.</summary>
    public static IReadOnlyList<string> PeftFormats { get; } =
    [
        "peft", "axolotl", "trl", "llama-factory", "ms-swift", "python", "unsloth", "oumi", "ludwig", "llmforge", "autotrain",
        "h2o-llmstudio", "verl", CSharpFormat.FormatName,
    ];

    /// <summary>The model for a message: its name, and its architecture in parentheses.</summary>
    public static string Describe(BaseModel model) => model.ModelType is { } type ? $"{model.Name} ({type})" : model.Name;

    /// <summary>
    /// Names in the list of target modules that PEFT compares literally and no other rule judges: patterns, the words for all layers and
    /// lists within one text are left out.
    /// </summary>
    public static IReadOnlyList<PeftTargetName> PlainTargets(CheckContext context) =>
        PeftTargetValue.Read(context.Format, context.Read) is not { Pattern: null } value ? []
            : [.. value.Names.Where(n => IsPlain(n.Text)).GroupBy(n => n.Text).Select(g => g.First())];

    /// <summary>
    /// Whether a module has the name or ends with it at a dot. A former name of a part of stacked experts counts, as PEFT translates it.
    /// </summary>
    public static bool Holds(ModelShape shape, string name) =>
        shape.Modules.Any(m => m.Kind != ModuleKind.Parameter && PeftMatching.HasName([name], m.Name))
        || shape.Containers.Any(c => PeftMatching.HasName([name], c))
        || (shape.RenamedExperts is { } renamed && renamed.Keys.Any(o => PeftMatching.HasName([o], name)));

    /// <summary>Whether a bare parameter has the name or ends with it at a dot.</summary>
    public static bool HoldsParameter(ModelShape shape, string name) =>
        shape.Modules.Any(m => m.Kind == ModuleKind.Parameter && PeftMatching.HasName([name], m.Name));

    /// <summary>
    /// Whether the whole names of modules are known, which patterns are matched with. They are not where they come from tensors, nor for an
    /// adapter that may sit on a model of another class than its base's own: <c>AutoModel</c> has no <c>model.</c> before its names.
    /// </summary>
    public static bool KnowsWholeNames(CheckContext context) => context.BaseModel.Model is { NamesAreOfFiles: false }
        && (context.Format.Name != "peft" || context.Read.Text("task_type").Or("") is "CAUSAL_LM" or "SEQ_2_SEQ_LM")
        && context.Recognised.Root.Origin?.Find(CodeCallKind.Model)?.Name.StartsWith("AutoModel.", StringComparison.Ordinal) != true;

    /// <summary>The linear layers of a model for a message.</summary>
    public static string Linears(ModelShape shape) => string.Join(", ", shape.LinearNames());

    /// <summary>The linear layers of a model that play the parts that some names stand for in other models.</summary>
    public static IReadOnlyList<string> Counterparts(ModelShape shape, IEnumerable<string> names)
    {
        var roles = names.Aggregate(ModuleRoles.None, (all, name) => all | ModuleNames.RoleOf(name));
        return [.. shape.LinearNames().Where(n => (ModuleNames.RoleOf(n) & roles) != 0)];
    }

    private static bool IsPlain(string name) => name.Length > 0 && !PythonPattern.HasSpecialCharacter(name)
        && name.IndexOfAny([',', ' ']) < 0 && !PeftTargetValue.IsAllLinear(name) && name is not ("all" or "all-embedding" or "all-router");
}
