namespace LoraLint.Rules.Runs;

/// <summary>
/// The low-rank adapter: its shape, where it sits and how it starts. Terms and meaning are PEFT's. A value that a member cannot have
/// throws <see cref="InvalidSettingException"/> when it is given, here and in the other records of a run.
/// </summary>
public sealed record LoraOptions
{
    /// <summary>The greatest rank.</summary>
    public const int LargestRank = 2048;

    /// <summary>The rank r, 1 to <see cref="LargestRank"/>.</summary>
    public int Rank { get; init => field = Given.Number(nameof(Rank), value, RunLimits.Rank); } = 16;

    /// <summary>The numerator of the scaling alpha/r, above 0.</summary>
    public double Alpha { get; init => field = Given.Number(nameof(Alpha), value, RunLimits.Alpha); } = 32;

    /// <summary>Scale by alpha/sqrt(r) in place of alpha/r (rsLoRA, arXiv 2312.03732).</summary>
    public bool UseRslora { get; init; }

    /// <summary>Train a magnitude per output beside the direction (DoRA, arXiv 2402.09353).</summary>
    public bool UseDora { get; init; }

    /// <summary>The probability that an input of the adapter is dropped while training, 0 to below 1.</summary>
    public double Dropout { get; init => field = Given.Number(nameof(Dropout), value, RunLimits.Dropout); }

    /// <summary>
    /// Every linear layer but the output head; <see cref="TargetModules"/> and <see cref="TargetPattern"/> are not looked at.
    /// </summary>
    public bool TargetsAllLinear { get; init; }

    /// <summary>Names or dotted suffixes of modules that get adapters.</summary>
    public IReadOnlyList<string> TargetModules { get; init => field = Given.NotNull(nameof(TargetModules), value); } = [];

    /// <summary>A regular expression over whole module names, in place of <see cref="TargetModules"/>.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Names or dotted suffixes of modules that get none, whatever the targets say.</summary>
    public IReadOnlyList<string> ExcludeModules { get; init => field = Given.NotNull(nameof(ExcludeModules), value); } = [];

    /// <summary>A regular expression over whole module names, in place of <see cref="ExcludeModules"/>.</summary>
    public string? ExcludePattern { get; init; }

    /// <summary>Indices from 0 of the layers that get adapters; null for all.</summary>
    public IReadOnlyList<long>? Layers { get; init => field = Given.Layers(nameof(Layers), value); }

    /// <summary>Only so many layers counted from the last one, 1 or more (mlx-lm's num_layers); null for all.</summary>
    public long? LastLayers { get; init => field = Given.Number(nameof(LastLayers), value, RunLimits.Count); }

    /// <summary>Names of the list of layers, such as <c>layers</c>; empty for any.</summary>
    public IReadOnlyList<string> LayersPattern { get; init => field = Given.NotNull(nameof(LayersPattern), value); } = [];

    /// <summary>
    /// Other ranks, 1 to 2048, for modules whose name a key matches, by PEFT's rule; the first key that matches counts.
    /// </summary>
    public IReadOnlyDictionary<string, int> RankPattern
    {
        get;
        init => field = Given.Ranks(nameof(RankPattern), value);
    } = new Dictionary<string, int>();

    /// <summary>Other alphas, above 0, for modules whose name a key matches.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern
    {
        get;
        init => field = Given.Alphas(nameof(AlphaPattern), value);
    } = new Dictionary<string, double>();

    /// <summary>Modules trained in full and saved beside the adapter.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init => field = Given.NotNull(nameof(ModulesToSave), value); } = [];

    /// <summary>Which biases are trained.</summary>
    public LoraBias Bias { get; init => field = Given.Named(nameof(Bias), value); }

    /// <summary>How A and B start.</summary>
    public LoraInit Init { get; init => field = Given.Named(nameof(Init), value); }
}

/// <summary>Which biases are trained beside the adapter.</summary>
public enum LoraBias
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those of the modules that have an adapter.</summary>
    LoraOnly,

    /// <summary>All of the model's.</summary>
    All,
}

/// <summary>How A and B start. All but <see cref="Gaussian"/> and <see cref="Kaiming"/> look at the base weights or the data.</summary>
public enum LoraInit
{
    /// <summary>A Kaiming-uniform with a = sqrt(5), that is uniform in ±1/sqrt(in); B zero. PEFT's default.</summary>
    Kaiming,

    /// <summary>A normal with deviation 1/r; B zero.</summary>
    Gaussian,

    /// <summary>A and B from the largest singular vectors of the base weight, which keeps the rest (PiSSA, arXiv 2404.02948).</summary>
    Pissa,

    /// <summary>A and B from the QR decomposition of the base weight, which keeps the rest (OLoRA, arXiv 2406.01775).</summary>
    Olora,

    /// <summary>A from the singular vectors of the layers' inputs, ranks by explained variance (EVA, arXiv 2410.07170).</summary>
    Eva,
}
