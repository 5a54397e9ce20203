namespace LoraLint.Trainer.Runs;

/// <summary>Failures of the output folder in people's words.</summary>
internal static class DiskError
{
    // errno of Linux and macOS, which .NET keeps as the HResult; the Win32 codes carry 0x8007 in front.
    private const int NoSpace = 28;
    private const int QuotaLinux = 122;
    private const int QuotaMac = 69;
    private const int ReadOnly = 30;
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsWriteProtected = unchecked((int)0x80070013);

    /// <summary>Whether an exception comes from the file system rather than from a defect.</summary>
    public static bool Is(Exception exception) => exception is IOException or UnauthorizedAccessException || IsTooLarge(exception);

    /// <summary>The error to show for a write that failed.</summary>
    /// <param name="path">The file or folder that was written.</param>
    /// <param name="exception">What came of it.</param>
    public static TrainerException Writing(string path, Exception exception) =>
        new($"cannot write {path}: {Describe(exception)}", exception);

    /// <summary>The error to show for a read that failed.</summary>
    public static TrainerException Reading(string path, Exception exception) =>
        new($"cannot read {path}: {Describe(exception)}", exception);

    private static string Describe(Exception exception) => exception.HResult switch
    {
        NoSpace or WindowsDiskFull => "the disk is full; free some space, then go on with --resume",
        QuotaLinux or QuotaMac => "the disk quota is used up; free some space, then go on with --resume",
        ReadOnly or WindowsWriteProtected => "the file system is read-only; name another folder as output",
        _ => exception switch
        {
            UnauthorizedAccessException => "this user may not; change the folder's permissions or name another as output",
            DirectoryNotFoundException => "its folder is not there",
            _ when IsTooLarge(exception) =>
                "the file would be larger than the file system (FAT32: 4 GiB) or this process (ulimit -f) may have; "
                + "raise that or name a folder elsewhere as output, then go on with --resume",
            _ => exception.Message.TrimEnd('.'),
        },
    };

    // What .NET makes of EFBIG.
    private static bool IsTooLarge(Exception exception) =>
        exception is ArgumentOutOfRangeException { ParamName: "value", Source: "System.Private.CoreLib" };
}
