namespace LoraLint.Rules.Knowledge.Guidance;

/// <summary>A value with what speaks for it.</summary>
/// <param name="Value">The value.</param>
/// <param name="Reason">Why, in a few words; no final period.</param>
/// <param name="Source">Who says so; sources that disagree are named with what they say.</param>
public sealed record Advised<T>(T Value, string Reason, string Source)
{
    /// <summary>The same advice with another value.</summary>
    public Advised<TOther> With<TOther>(TOther value) => new(value, Reason, Source);

    /// <summary>Another value for a further reason.</summary>
    public Advised<T> Changed(T value, string reason, string source) => new(value, $"{Reason}; {reason}", $"{Source}; {source}");
}
