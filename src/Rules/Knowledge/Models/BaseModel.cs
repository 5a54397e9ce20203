namespace LoraLint.Rules.Knowledge.Models;

/// <summary>A base model that is known.</summary>
/// <param name="Name">As the config names it.</param>
/// <param name="Origin">Where it is known from.</param>
/// <param name="Shapes">
/// Its modules, the current library's first. More than one where the names depend on a version that the config does not tell: what
/// is claimed has to hold for each of them.
/// </param>
public sealed record BaseModel(string Name, ModelOrigin Origin, IReadOnlyList<ModelShape> Shapes)
{
    /// <summary>Its sizes, or null when only the names in its files are known.</summary>
    public ModelDimensions? Dimensions { get; init; }

    /// <summary>The architecture by transformers' name, or null.</summary>
    public string? ModelType { get; init; }

    /// <summary>How its weights are quantized already, such as <c>gptq</c>; null when they are not.</summary>
    public string? Quantization { get; init; }

    /// <summary>The type of its weights by its config.json, such as <c>bfloat16</c>; null when that is not known.</summary>
    public string? Dtype { get; init; }

    /// <summary>
    /// Whether the names are those of tensors in its files. A library may put a prefix before them, so what depends on whole names is
    /// not known.
    /// </summary>
    public bool NamesAreOfFiles { get; init; }

    /// <summary>Its modules in the current library.</summary>
    public ModelShape Shape => Shapes[0];

    /// <summary>All its weights.</summary>
    public long Parameters => Shape.Parameters;
}

/// <summary>Where a base model is known from.</summary>
public enum ModelOrigin
{
    /// <summary>The table in this program, by its name.</summary>
    Catalog,

    /// <summary>A folder on this machine.</summary>
    Folder,

    /// <summary>The Hugging Face cache on this machine.</summary>
    Cache,
}

/// <summary>What looking for a base model gave.</summary>
/// <param name="Model">The model, or null.</param>
/// <param name="Problem">Why there is none, as the end of a sentence that begins with "model: unknown"; else empty.</param>
public sealed record ModelLookup(BaseModel? Model, string Problem = "")
{
    /// <summary>The architecture of a model whose modules are not known, by transformers' name; null when not even that is.</summary>
    public string? UnknownType { get; init; }

    /// <summary>Looks in the table of names alone.</summary>
    public static ModelLookup InCatalog(string name)
    {
        if (ModelCatalog.Find(name) is { } model)
            return new ModelLookup(model);
        return new ModelLookup(null, ModelCatalog.FindDimensions(name) is { } size
            ? $"the modules of {size.ModelType} models are not known" : $"{name} is not among the models known by name");
    }
}
