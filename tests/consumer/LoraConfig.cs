namespace Consumer;

/// <summary>Settings as a program declares them that trains with TorchSharp by hand.</summary>
public sealed record LoraConfig
{
    public int Rank { get; init; } = 16;

    public double Alpha { get; init; } = 32;

    public float Dropout { get; init; }

    public IReadOnlyList<string> TargetModules { get; init; } = [];

    public string[] ModulesToSave { get; init; } = [];

    public bool UseRslora { get; init; }

    public double LearningRate { get; init; } = 2e-4;
}

/// <summary>The same by a constructor.</summary>
public sealed class SmallLoraOptions(int rank, double alpha)
{
    public int Rank { get; } = rank;

    public double Alpha { get; } = alpha;
}

/// <summary>The same with setters, and a rank that may be a fraction.</summary>
public sealed class HandLoraOptions
{
    public double Rank { get; set; } = 8;

    public decimal Alpha { get; set; } = 16m;
}
