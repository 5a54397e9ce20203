using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A saved adapter's tensors are of modules that its base has under another prefix.</summary>
public sealed class AdapterPrefixMismatch : Rule
{
    // What PEFT puts before and behind a module's name.
    private const string Before = "base_model.model.";
    private const string Matrix = ".lora_A.";

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL707",
        Name = "adapter-prefix-mismatch",
        Category = Category.Suspicious,
        Summary = "The adapter's tensors name modules that the base model has under another prefix.",
        Why = "Adapters are matched to modules by their whole names: none of these is found, so the base answers as if there were no "
            + "adapter.",
        Sources =
        [
            new("vllm-project/vllm#34186, vllm-project/vllm#55193", "adapters of text models, served on models that see"),
            new("unslothai/unsloth#2142"),
            new(Upstream.Peft, "src/peft/utils/save_and_load.py: tensors by the modules' names"),
        ],
        Formats = ["peft"],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (!context.Config.TrainsLora || context.BaseModel.Model is not { NamesAreOfFiles: false } model
            || Beside(context) is not { Count: > 0 } modules)
            return;
        var (ours, theirs) = ("", "");
        foreach (var shape in model.Shapes)
        {
            var names = new HashSet<string>(shape.Modules.Select(m => m.Name), StringComparer.Ordinal);
            if (modules.Any(names.Contains) || PrefixesOf(modules, shape) is not { } prefixes)
                return;
            if (theirs.Length == 0)
                (ours, theirs) = prefixes;
        }

        context.Report(
            context.Config.BaseModel,
            $"the adapter's tensors begin with {ours}, and {KnownModel.Describe(model)} has these modules under {theirs}: nothing of the "
            + "adapter takes effect on it; load it on the class that it was trained on, or rename the tensors");
    }

    // The modules that have an adapter in the file beside the config.
    private static IReadOnlyList<string> Beside(CheckContext context) =>
        (context.Files.TensorsOf("adapter_model.safetensors") ?? [])
        .Where(t => t.StartsWith(Before, StringComparison.Ordinal) && t.Contains(Matrix))
        .Select(t => t.Substring(Before.Length, t.IndexOf(Matrix, StringComparison.Ordinal) - Before.Length)).Distinct().ToList();

    // The parts before the layers, the adapter's and the model's, where the rest of every name is the same.
    private static (string Ours, string Theirs)? PrefixesOf(IReadOnlyList<string> modules, ModelShape shape)
    {
        var ours = PrefixOf(modules[0]);
        var rest = modules[0].Substring(ours.Length);
        if (ours.Length == 0 || shape.Modules.FirstOrDefault(m => m.Name.EndsWith("." + rest, StringComparison.Ordinal)) is not { } found)
            return null;
        var theirs = found.Name.Substring(0, found.Name.Length - rest.Length);
        var names = new HashSet<string>(shape.Modules.Select(m => m.Name), StringComparer.Ordinal);
        return theirs != ours && modules.All(m => m.StartsWith(ours, StringComparison.Ordinal)
            && names.Contains(theirs + m.Substring(ours.Length))) ? (ours, theirs) : null;
    }

    private static string PrefixOf(string module)
    {
        var layers = module.IndexOf("layers.", StringComparison.Ordinal);
        return layers < 0 ? "" : module.Substring(0, layers);
    }
}
