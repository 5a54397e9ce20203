using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The embedding or the head of a model that shares their weight is trained on its own.</summary>
public sealed class TiedEmbeddingsWithoutWeightTying : Rule
{
    private static readonly string[] s_names = ["embed_tokens", "lm_head"];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL183",
        Name = "tied-embeddings-without-weight-tying",
        Category = Category.Suspicious,
        Summary = "One of two modules that share a weight is trained without the other.",
        Why = "In the base model the output head is the embedding; an adapter or a copy on one of them tears them apart, and merging or "
            + "converting then gives a model that is neither.",
        Sources =
        [
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:1378-1428"),
            new("huggingface/peft#2777"),
        ],
        Formats = ["peft", "axolotl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        var key = context.Format.Name == "axolotl" ? "peft_ensure_weight_tying" : "ensure_weight_tying";
        var tying = context.Read.Bool(key, false);
        if (view.Model is not { } model || !model.Shapes.All(s => s.TiesEmbeddings) || tying.Or(true) || view.Request is not { } request)
            return;
        var setting = IsNamed(request.Targets.ModulesToSave) ? (ISetting)context.Config.ModulesToSave
            : IsNamed(request.Targets.Names) || IsMatched(request.Targets.Pattern) ? context.Config.TargetModules : null;
        if (setting?.Entry is not { } entry)
            return;
        var edit = context.Read.Find(key) is { } blank ? context.Edit.Replace(blank, context.Edit.Word("true"))
            : context.Edit.InsertAfter(entry, key, ConfigEditor.Bool(true));
        context.Report(
            setting,
            $"{model.Shape.Embedding} and {model.Shape.Head} of {KnownModel.Describe(model)} are one weight, and training one of them here "
            + $"makes them two; {key} keeps them together",
            new Fix(FixSafety.Unsafe, $"Set {key} to true", edit));
    }

    // By the last part alone, as PEFT does.
    private static bool IsNamed(IReadOnlyList<string> names) =>
        names.Any(n => s_names.Contains(n.Substring(n.LastIndexOf('.') + 1)));

    private static bool IsMatched(string? pattern) => pattern is not null && s_names.Any(n => PythonPattern.FullMatch(pattern, n) == true);
}
