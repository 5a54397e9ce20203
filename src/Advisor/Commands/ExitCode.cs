namespace LoraLint.Advisor.Commands;

/// <summary>What the process tells its caller; the table is in docs/usage.md.</summary>
internal static class ExitCode
{
    /// <summary>Nothing at or above <c>--fail-on</c>.</summary>
    public const int Clean = 0;

    /// <summary>Findings, or with <c>--diff</c> a change.</summary>
    public const int Findings = 1;

    /// <summary>The user's mistake: no such path, bad settings, an unreadable file, a wrong option.</summary>
    public const int UserMistake = 2;

    /// <summary>A defect of LoraLint.</summary>
    public const int Defect = 3;

    /// <summary>A training that was stopped from outside and can go on.</summary>
    public const int Interrupted = 130;
}
