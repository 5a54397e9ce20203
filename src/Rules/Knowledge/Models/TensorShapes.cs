using System.Globalization;

namespace LoraLint.Rules.Knowledge.Models;

/// <summary>A tensor of a model's files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes, outputs first as torch stores a linear layer.</param>
public sealed record ModelTensor(string Name, IReadOnlyList<long> Shape);

/// <summary>From the tensors of a model's files to its modules, for an architecture that is not known.</summary>
public static class TensorShapes
{
    private const string Weight = ".weight";
    private const string Bias = ".bias";

    // Values of a tensor: ten times those of the largest stacked experts. Sums over all tensors stay below what a long holds.
    private const long MostValues = 1L << 40;

    // What tables of embeddings are called; a linear layer is never called so.
    private static readonly string[] s_embeddings = ["embed", "wte", "wpe", "shared"];
    private static readonly string[] s_heads = ["lm_head", "embed_out", "output_layer", "proj_out"];

    /// <summary>
    /// The modules; null where the files cannot tell them: stacked or separate experts, which libraries fuse as they load, and weights
    /// that are not matrices of numbers.
    /// </summary>
    public static ModelShape? Find(IReadOnlyList<ModelTensor> tensors)
    {
        if (tensors.Count == 0 || tensors.Any(t => t.Name.Contains("expert") || t.Shape.Aggregate(1L, Multiply) > MostValues))
            return null;
        var biases = new HashSet<string>(tensors.Select(t => t.Name).Where(n => n.EndsWith(Bias, StringComparison.Ordinal))
            .Select(n => n.Substring(0, n.Length - Bias.Length)), StringComparer.Ordinal);
        var modules = new List<ModelModule>();
        foreach (var tensor in tensors)
        {
            if (!tensor.Name.EndsWith(Weight, StringComparison.Ordinal))
                continue;
            var name = tensor.Name.Substring(0, tensor.Name.Length - Weight.Length);
            var module = ModuleOf(name, tensor.Shape, biases.Contains(name));
            if (module is not null)
                modules.Add(module with { Layer = LayerOf(name) });
        }

        if (!modules.Any(m => m.IsLinear))
            return null;
        var head = modules.FirstOrDefault(m => s_heads.Contains(m.LastPart))?.Name;
        return new ModelShape(modules)
        {
            Embedding = modules.FirstOrDefault(m => m.Kind == ModuleKind.Embedding)?.Name,
            Head = head,
            Layers = modules.Max(m => m.Layer ?? -1) + 1,
        };
    }

    private static ModelModule? ModuleOf(string name, IReadOnlyList<long> shape, bool hasBias)
    {
        var last = name.Substring(name.LastIndexOf('.') + 1);
        return shape.Count switch
        {
            1 => new ModelModule(name, ModuleKind.Norm, 1, shape[0], hasBias),
            2 when s_embeddings.Any(e => last.IndexOf(e, StringComparison.Ordinal) >= 0) && !s_heads.Contains(last) =>
                new ModelModule(name, ModuleKind.Embedding, shape[0], shape[1]),
            2 => new ModelModule(name, ModuleKind.Linear, shape[1], shape[0], hasBias),
            3 or 4 or 5 => new ModelModule(name, ModuleKind.Convolution, shape.Skip(1).Aggregate(1L, Multiply), shape[0], hasBias),
            _ => null,
        };
    }

    private static long Multiply(long a, long b) => a == 0 || b <= MostValues / a ? a * b : long.MaxValue;

    private static int? LayerOf(string name)
    {
        foreach (var part in name.Split('.'))
        {
            if (part.Length <= 4 && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var layer))
                return layer;
        }

        return null;
    }
}
