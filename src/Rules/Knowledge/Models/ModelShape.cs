namespace LoraLint.Rules.Knowledge.Models;

/// <summary>The modules of a base model by their real names, with the sizes of their weights.</summary>
public sealed class ModelShape
{
    private readonly Lazy<IReadOnlyList<string>> _containers;
    private readonly Lazy<long> _parameters;

    /// <summary>A model of these modules.</summary>
    public ModelShape(IReadOnlyList<ModelModule> modules)
    {
        Modules = modules;
        _containers = new Lazy<IReadOnlyList<string>>(FindContainers);
        _parameters = new Lazy<long>(() => Modules.Sum(m => TiesEmbeddings && m.Name == Head ? m.BiasParameters : m.Parameters));
    }

    /// <summary>Every module with a weight, and every bare parameter, in the order of the model.</summary>
    public IReadOnlyList<ModelModule> Modules { get; }

    /// <summary>The library whose names these are, where they differ: <c>transformers 4</c>; empty where they do not.</summary>
    public string Library { get; init; } = "";

    /// <summary>The token embedding's name, or null.</summary>
    public string? Embedding { get; init; }

    /// <summary>The output head's name, or null when the model has none or several.</summary>
    public string? Head { get; init; }

    /// <summary>Whether the head's weight is the embedding's.</summary>
    public bool TiesEmbeddings { get; init; }

    /// <summary>The number of layers that <c>layers_to_transform</c> counts; of the longer stack where there are two.</summary>
    public int Layers { get; init; }

    /// <summary>Former names of experts, and of the router, that PEFT rewrites for this model; null where it rewrites none.</summary>
    internal IReadOnlyDictionary<string, string>? RenamedExperts { get; init; }

    /// <summary>All weights of the model, a tied head counted once.</summary>
    public long Parameters => _parameters.Value;

    /// <summary>
    /// Modules that hold others and no weight of their own, such as <c>model.layers.0.self_attn</c>: PEFT fails on a target that
    /// matches one of them.
    /// </summary>
    public IReadOnlyList<string> Containers => _containers.Value;

    /// <summary>The last parts of the linear layers' names without the head's, each once, in the order of the model.</summary>
    public IEnumerable<string> LinearNames() => Modules.Where(m => m.IsLinear && m.Name != Head).Select(m => m.LastPart).Distinct();

    private IReadOnlyList<string> FindContainers()
    {
        var held = new HashSet<string>(Modules.Where(m => m.Kind != ModuleKind.Parameter).Select(m => m.Name), StringComparer.Ordinal);
        var containers = new List<string>();
        foreach (var module in Modules)
        {
            for (var at = module.Name.IndexOf('.'); at > 0; at = module.Name.IndexOf('.', at + 1))
            {
                var prefix = module.Name.Substring(0, at);
                if (held.Add(prefix))
                    containers.Add(prefix);
            }
        }

        return containers;
    }
}
