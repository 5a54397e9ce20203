namespace LoraLint.Rules.Linting;

/// <summary>What a finding says of the text under it, for editors.</summary>
public enum FindingTag
{
    /// <summary>Nothing besides the message.</summary>
    None,

    /// <summary>The text has no effect and could be taken out: shown faded.</summary>
    Unnecessary,

    /// <summary>The text still works and should be given up: shown struck through.</summary>
    Deprecated,
}
