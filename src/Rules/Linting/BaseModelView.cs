using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Rules.Linting;

/// <summary>A config's base model and what the adapter does with it, looked up when first asked for.</summary>
public sealed class BaseModelView
{
    private readonly Lazy<ModelLookup> _lookup;
    private readonly Lazy<(AdapterRequest? Request, string Problem)> _request;
    private readonly Lazy<IReadOnlyList<AdapterShape>> _adapters;

    /// <summary>The view on the base model of a config.</summary>
    public BaseModelView(RecognisedConfig config, ICompanionFiles files)
    {
        _lookup = new(() => Find(config.Config, files));
        _request = new(() => Model is not { } model ? (null, Problem)
            : (AdapterRequests.Read(config.Format, config.Reader, config.Config, model, out var problem), problem));
        _adapters = new(Adapt);
    }

    /// <summary>The base model, or null when it is not known.</summary>
    public BaseModel? Model => _lookup.Value.Model;

    /// <summary>The architecture by transformers' name, also where the modules are not known; else null.</summary>
    public string? ModelType => Model?.ModelType ?? _lookup.Value.UnknownType;

    /// <summary>Why the base model is not known, or empty.</summary>
    public string Problem => _lookup.Value.Problem;

    /// <summary>What PEFT is told, or null when the model or the request is not known.</summary>
    public AdapterRequest? Request => _request.Value.Request;

    /// <summary>Why there is no request, or empty.</summary>
    public string RequestProblem => _request.Value.Problem;

    /// <summary>
    /// The adapter, one for each of <see cref="BaseModel.Shapes"/>; empty when it is not known for all of them. What is claimed has to
    /// hold for each.
    /// </summary>
    public IReadOnlyList<AdapterShape> Adapters => _adapters.Value;

    // A task's own head replaces the language model's, and what it is called the config does not tell: encoders of text are known with
    // each head that they may get.
    private static ModelLookup Find(TrainingConfig config, ICompanionFiles files)
    {
        var hasOwnHead = config.Task is TrainingTask.Classification or TrainingTask.Reward or TrainingTask.Diffusion;
        var found = config.Task == TrainingTask.Diffusion ? new ModelLookup(null)
            : config.BaseModel.TryGet(out var name) && name.Trim().Length > 0
                ? files.FindModel(name.Trim()) : new ModelLookup(null, "the config does not name it");
        return hasOwnHead && !(found.Model?.ModelType is { } type && ModelLayouts.HasTaskHeads(type))
            ? new ModelLookup(null, "its task has a head of its own") : found;
    }

    private IReadOnlyList<AdapterShape> Adapt()
    {
        if (Model is not { } model || Request is not { } request)
            return [];
        var adapters = model.Shapes.Select(s => AdapterShape.Find(s, request)).OfType<AdapterShape>().ToList();
        return adapters.Count == model.Shapes.Count ? adapters : [];
    }
}
