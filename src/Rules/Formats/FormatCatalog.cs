using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>All formats, and which one a tree is of.</summary>
public static class FormatCatalog
{
    private const int Enough = 50;

    /// <summary>Every format of files. Order matters only between equally sure ones: the first wins.</summary>
    public static IReadOnlyList<ConfigFormat> All { get; } =
    [
        new AxolotlFormat(),
        new PeftFormat(),
        new LlamaFactoryFormat(),
        new TrlFormat(),
        new MsSwiftFormat(),
        new TorchtuneFormat(),
        new LitgptFormat(),
        new MlxLmFormat(),
        new KohyaFormat(),
        new KohyaGuiFormat(),
        new DeepSpeedFormat(),
        new AccelerateFormat(),
        new LoraLintFormat(),
        new NemoAutomodelFormat(),
        new NemoFormat(),
        new NemoRlFormat(),
        new OumiFormat(),
        new PaddleNlpFormat(),
        new LudwigFormat(),
        new VerlFormat(),
        new TunixFormat(),
        new PrimusFormat(),
        new LlmForgeFormat(),
        new AiToolkitFormat(),
        new UnslothStudioFormat(),
        new AutoTrainFormat(),
        new H2oLlmStudioFormat(),
        new LevanterFormat(),
        new FastVideoFormat(),
        new QloraPipeFormat(),
        new OwnSchemaFormat(),
    ];

    /// <summary>The formats whose frameworks declare their keys; each has a table of them and a schema.</summary>
    public static IReadOnlyList<ConfigFormat> WithKeys { get; } = [.. All.Where(f => f.Keys is not null)];

    /// <summary>The formats of code. What is called tells which one a root is of, so that nobody has to name them.</summary>
    public static IReadOnlyList<ConfigFormat> OfCode { get; } = [new PythonFormat(), new UnslothFormat()];

    /// <summary>The format with a name, or null.</summary>
    public static ConfigFormat? Find(string name) => All.FirstOrDefault(f => f.Name == name);

    /// <summary>The format a root is of, by its shape and the file's name, or null.</summary>
    public static ConfigFormat? Recognise(ConfigNode root, string path)
    {
        if (!root.IsMapping)
            return null;
        if (root.Origin is { } origin)
            return OfCode.FirstOrDefault(f => f.Name == origin.Format) ?? Find(origin.Format);
        var bestScore = Enough;
        ConfigFormat? best = null;
        foreach (var format in All)
        {
            // It looks through the whole tree, and comes behind every framework's format.
            if (best is not null && format is OwnSchemaFormat)
                continue;
            var score = format.Recognise(root, path);
            if (score > bestScore)
                (best, bestScore) = (format, score);
        }

        return best;
    }
}
