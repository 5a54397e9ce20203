namespace LoraLint.Rules.Knowledge.Models;

/// <summary>The sizes of the part of a model that sees images.</summary>
public sealed record VisionDimensions
{
    /// <summary>The width of its residual stream.</summary>
    public long Hidden { get; init; }

    /// <summary>Its layers.</summary>
    public int Layers { get; init; }

    /// <summary>The width of its feed-forward part.</summary>
    public long Intermediate { get; init; }

    /// <summary>Numbers of a patch: its pixels times channels times frames.</summary>
    public long Patch { get; init; }

    /// <summary>Rows of its position embedding; 0 without one.</summary>
    public long Positions { get; init; }

    /// <summary>The width of what it hands to the text model.</summary>
    public long Output { get; init; }

    /// <summary>How many of its inner layers are handed over too.</summary>
    public int InnerOutputs { get; init; }
}
