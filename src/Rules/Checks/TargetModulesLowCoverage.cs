using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>The targets reach only some of the model's layers, though nothing asks for that.</summary>
public sealed class TargetModulesLowCoverage : Rule
{
    private static readonly RuleOption s_least = new(
        "min-layer-share", 0.5, "The share of layers that should hold an adapter, 0 to 1. Our own choice: in a model of equal layers every "
        + "usual list reaches all of them, in hybrid ones PEFT's defaults were seen to reach 7 % (huggingface/peft#3554).");

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL188",
        Name = "target-modules-low-coverage",
        Category = Category.Suspicious,
        Summary = "The target modules are found in few of the base model's layers.",
        Why = "Hybrid models have layers of several kinds with modules of other names; PEFT is content with any match, so most layers can "
            + "stay without adapters and nobody notices.",
        Sources =
        [
            new("huggingface/peft#3554", "defaults that reach 7 % of the layers of a hybrid model"),
            new(Upstream.Peft, "src/peft/tuners/tuners_utils.py:1025-1080: only no match at all is an error"),
        ],
        Formats = KnownModel.PeftFormats,
        Options = [s_least],
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var view = context.BaseModel;
        if (view.Model is not { } model || view.Request is not { Targets.Layers: null } || view.Adapters.Count == 0
            || view.Adapters.Any(a => a.Modules.Count == 0 || ReachesAllNumbers(a)))
            return;
        var counts = view.Adapters.Select(Covered).ToList();
        if (counts.Any(c => c.All < 4 || c.Covered == 0 || c.Covered >= context.Option(s_least) * c.All))
            return;
        var (covered, all, others) = counts[0];
        var message = $"only {covered} of {all} layers of {KnownModel.Describe(model)} get an adapter; the others have "
            + $"{string.Join(", ", others)} and need names of their own in the list, or all-linear";
        if (context.Config.TargetModules is { IsWritten: true } written)
        {
            // A choice that shipped recipes for hybrid models make too, about as often as they name the other layers' modules.
            context.Report(written, message, weaker: Category.Advice);
        }
        else
            context.Report(context.Config.BaseModel, message + " (the target modules are left to the default)");
    }

    // What holds of nearly all configs, told by a look at numbers: every layer has an adapter.
    private static bool ReachesAllNumbers(AdapterShape adapter)
    {
        var reached = new HashSet<int>();
        foreach (var module in adapter.Modules)
        {
            if (module.Module.Layer is { } layer)
                reached.Add(layer);
        }

        return adapter.Model.Modules.All(m => m.Layer is not { } layer || reached.Contains(layer));
    }

    private static (int Covered, int All, IReadOnlyList<string> Others) Covered(AdapterShape adapter)
    {
        var withAdapter = new HashSet<string>(adapter.Modules.Select(m => LayerOf(m.Module)).OfType<string>());
        // A stack that gets none at all, such as the part for images, was left out on purpose.
        var stacks = new HashSet<string>(withAdapter.Select(StackOf));
        var layers = adapter.Model.Modules.Where(m => m.IsLinear || m.Kind == ModuleKind.Parameter)
            .Select(m => (Module: m, Layer: LayerOf(m))).Where(m => m.Layer is not null && stacks.Contains(StackOf(m.Layer)))
            .GroupBy(m => m.Layer!, m => m.Module).ToList();
        var others = layers.Where(l => !withAdapter.Contains(l.Key)).SelectMany(l => l.Where(m => m.IsLinear)).Select(m => m.LastPart)
            .Distinct().Take(6).ToList();
        return (layers.Count(l => withAdapter.Contains(l.Key)), layers.Count, others);
    }

    // The layer with its stack: model.layers.0.
    private static string? LayerOf(ModelModule module)
    {
        if (module.Layer is not { } layer)
            return null;
        var number = "." + layer.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var at = module.Name.IndexOf(number + ".", StringComparison.Ordinal);
        return at < 0 ? null : module.Name.Substring(0, at + number.Length);
    }

    private static string StackOf(string layer) => layer.Substring(0, layer.LastIndexOf('.'));
}
