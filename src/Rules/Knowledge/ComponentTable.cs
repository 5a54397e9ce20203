namespace LoraLint.Rules.Knowledge;

/// <summary>A function or class that a config may name to be called, with the keywords that it takes.</summary>
/// <param name="Path">Where it is imported from: <c>torchtune.models.llama3.lora_llama3_8b</c>.</param>
/// <param name="Parameters">The names of its parameters.</param>
/// <param name="FormerParameters">Those that it had in an earlier release and has no more.</param>
/// <param name="TakesAny">Whether it takes keywords of any name besides.</param>
/// <param name="GoneSince">The first release without it; empty when it is there; <c>*</c> when the release is not out.</param>
public sealed record Component(
    string Path, IReadOnlyList<string> Parameters, IReadOnlyList<string> FormerParameters, bool TakesAny, string GoneSince);

/// <summary>
/// The components of a package by their paths, public modules only. A line of the text: <c>[-RELEASE ]NAME MODULE,MODULE PARAMETER ...</c>,
/// where <c>**</c> stands for any others and a minus for what is gone. scripts/generate-components.py writes it.
/// </summary>
public sealed class ComponentTable
{
    private readonly Lazy<Dictionary<string, Component>> _byPath;

    /// <summary>The table of a package.</summary>
    /// <param name="package">The package's name.</param>
    /// <param name="lines">Its lines.</param>
    public ComponentTable(string package, string lines)
    {
        Package = package;
        _byPath = new(() => Read(lines));
    }

    /// <summary>The package's name.</summary>
    public string Package { get; }

    /// <summary>Every path, those that are gone too.</summary>
    public IEnumerable<Component> All => _byPath.Value.Values;

    /// <summary>The component of a path, or null.</summary>
    public Component? Find(string path) => _byPath.Value.TryGetValue(path, out var component) ? component : null;

    private static Dictionary<string, Component> Read(string lines)
    {
        var components = new Dictionary<string, Component>(StringComparer.Ordinal);
        foreach (var line in lines.Split(['\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            var words = line.Split([' '], StringSplitOptions.RemoveEmptyEntries);
            var first = words[0][0] == '-' ? 1 : 0;
            var gone = first == 1 ? words[0].Substring(1) : "";
            var parameters = words.Skip(first + 2).ToList();
            foreach (var module in words[first + 1].Split(','))
            {
                var path = module + "." + words[first];
                components[path] = new Component(
                    path,
                    [.. parameters.Where(p => p[0] is not ('-' or '*'))],
                    [.. parameters.Where(p => p[0] == '-').Select(p => p.Substring(1))],
                    parameters.Contains("**"),
                    gone);
            }
        }

        return components;
    }
}
