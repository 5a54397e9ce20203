namespace LoraLint.Rules.Runs;

/// <summary>A value that a member of a run's records cannot have.</summary>
/// <param name="setting">The member's name.</param>
/// <param name="value">The value that was given.</param>
/// <param name="message">What the linter says of such a value; no final period.</param>
public sealed class InvalidSettingException(string setting, object? value, string message)
    : ArgumentOutOfRangeException(setting, value, message)
{
    /// <summary>What is wrong, why it matters and what to do, in the words of the linter.</summary>
    public override string Message { get; } = message;
}
