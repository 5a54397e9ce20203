namespace LoraLint.Trainer.Commands;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>All is done.</summary>
    public const int Done = 0;

    /// <summary>The user's mistake, or something on this machine that only a person can change.</summary>
    public const int UserMistake = 2;

    /// <summary>A defect of LoraLint.</summary>
    public const int Defect = 3;

    /// <summary>Memory did not suffice.</summary>
    public const int OutOfMemory = 4;

    /// <summary>Interrupted; what was done is saved. 128 and the number of SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
