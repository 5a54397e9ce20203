using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>What two rules ask about a base model of the Hugging Face hub.</summary>
internal static class HubModel
{
    private static readonly string[] s_revisions = ["revision_of_model", "model_revision", "revision"];

    /// <summary>The key that a format has for a model's revision.</summary>
    public static string RevisionKey(ConfigFormat format) =>
        format.Name switch { "axolotl" => "revision_of_model", "python" => "revision", _ => "model_revision" };

    /// <summary>Whether a revision is written that is not a branch that moves.</summary>
    public static bool IsPinned(CheckContext context) =>
        s_revisions.Any(k => context.Read.Has(k) && context.Read.Text(k).Or("?") is not ("main" or "master"));

    /// <summary>Whether a name is a path of some machine, or a folder beside the config.</summary>
    public static bool IsLocal(CheckContext context, string model) =>
        model.StartsWith("/", StringComparison.Ordinal) || model.StartsWith(".", StringComparison.Ordinal)
        || model.StartsWith("~", StringComparison.Ordinal) || model.Contains('\\') || context.Files.Exists(model) == true;

    /// <summary>Whether a name can only be one of the hub: an owner and a model.</summary>
    public static bool IsNameOnHub(CheckContext context, string model) =>
        model.Count(c => c == '/') == 1 && !model.EndsWith("/", StringComparison.Ordinal) && !IsLocal(context, model);
}
