using System.Globalization;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>Lists a model's modules one by one. Names are told below a prefix, which the layer or expert under way sets.</summary>
internal sealed class ShapeBuilder
{
    private readonly List<ModelModule> _modules = [];
    private string _prefix = "";
    private int? _layer;
    private int? _expert;

    /// <summary>The modules so far.</summary>
    public IReadOnlyList<ModelModule> Modules => _modules;

    /// <summary>Lists what is in each layer of a stack.</summary>
    /// <param name="path">The stack, such as <c>model.layers</c>.</param>
    /// <param name="count">How many layers it has.</param>
    /// <param name="list">Lists one layer by its index.</param>
    public void Layers(string path, int count, Action<int> list)
    {
        for (var layer = 0; layer < count; layer++)
        {
            _prefix = path + "." + layer.ToString(CultureInfo.InvariantCulture) + ".";
            _layer = layer;
            list(layer);
        }

        _prefix = "";
        _layer = null;
    }

    /// <summary>Lists what is in each expert of the layer under way.</summary>
    public void Experts(string path, int count, Action list)
    {
        var outer = _prefix;
        for (var expert = 0; expert < count; expert++)
        {
            _prefix = outer + path + "." + expert.ToString(CultureInfo.InvariantCulture) + ".";
            _expert = expert;
            list();
        }

        _prefix = outer;
        _expert = null;
    }

    public void Linear(string name, long inputs, long outputs, bool bias = false) => Add(name, ModuleKind.Linear, inputs, outputs, bias);

    public void Conv1D(string name, long inputs, long outputs) => Add(name, ModuleKind.Conv1D, inputs, outputs, true);

    public void Embedding(string name, long rows, long width) => Add(name, ModuleKind.Embedding, rows, width);

    /// <summary>A convolution over so many places.</summary>
    public void Convolution(string name, long inputs, long outputs, long places, bool bias = true) =>
        Add(name, ModuleKind.Convolution, inputs * places, outputs, bias);

    public void Norm(string name, long size, bool bias = false) => Add(name, ModuleKind.Norm, 1, size, bias);

    /// <summary>A norm without weights.</summary>
    public void BareNorm(string name, long size) => Add(name, ModuleKind.Norm, 0, size);

    /// <summary>A module that PEFT knows no adapter for.</summary>
    public void Other(string name, long inputs, long outputs, bool bias = false) => Add(name, ModuleKind.Other, inputs, outputs, bias);

    /// <summary>A bare parameter: a matrix an expert, or a vector of one input.</summary>
    public void Parameter(string name, long stack, long inputs, long outputs) =>
        Add(name, ModuleKind.Parameter, inputs, outputs, false, stack);

    private void Add(string name, ModuleKind kind, long inputs, long outputs, bool bias = false, long stack = 1) =>
        _modules.Add(new ModelModule(_prefix + name, kind, inputs, outputs, bias, stack) { Layer = _layer, Expert = _expert });
}
