using System.Text;
using LoraLint.Advisor.Training.Engines;

namespace LoraLint.Advisor.Commands;

/// <summary>
/// Where a command runs: its streams, its working folder and what the output can show. Commands see nothing else of the process, so that
/// tests run them without starting one.
/// </summary>
internal sealed class Terminal
{
    /// <summary>What people and programs read.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Mistakes and notes.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Standard input as bytes: a config may come in any encoding.</summary>
    public required Stream In { get; init; }

    /// <summary>What <see cref="Out"/> writes to, for output that is no text. A command uses one of the two.</summary>
    public Stream RawOut { get; init; } = Stream.Null;

    /// <summary>The working folder, absolute. Relative paths are taken from it and shown relative to it.</summary>
    public required string Folder { get; init; }

    /// <summary>The terminal's columns when a person looks at the output, null when it is piped.</summary>
    public int? Width { get; init; }

    /// <summary>Whether the output is coloured.</summary>
    public bool UsesColor { get; init; }

    /// <summary>Whether a person can be asked.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>An environment variable, or null when it is not set.</summary>
    public Func<string, string?> Variable { get; init; } = _ => null;

    /// <summary>The computer below.</summary>
    public Machine Machine { get; init; } = Machine.This;

    /// <summary>The terminal of this process. Output is one buffered UTF-8 stream without a byte-order mark.</summary>
    public static Terminal OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var output = Console.OpenStandardOutput();
        return new Terminal
        {
            // A reader that went away (`loralint check | head`) is no failure: the console stream drops what nobody reads.
            Out = new StreamWriter(output, utf8, 1 << 16) { NewLine = "\n" },
            Error = new StreamWriter(Console.OpenStandardError(), utf8, 1 << 10) { NewLine = "\n", AutoFlush = true },
            RawOut = output,
            In = Console.OpenStandardInput(),
            Folder = Directory.GetCurrentDirectory(),
            Width = Console.IsOutputRedirected ? null : WidthOfConsole(),
            UsesColor = WantsColor(Environment.GetEnvironmentVariable, !Console.IsOutputRedirected),
            IsInteractive = !Console.IsInputRedirected && !Console.IsOutputRedirected,
            Variable = Environment.GetEnvironmentVariable,
        };
    }

    /// <summary>NO_COLOR wins over FORCE_COLOR, which wins over what the output is (no-color.org, force-color.org).</summary>
    public static bool WantsColor(Func<string, string?> variable, bool isTerminal)
    {
        if (variable("NO_COLOR") is { Length: > 0 })
            return false;
        if (variable("FORCE_COLOR") is { Length: > 0 } force)
            return force is not ("0" or "false");
        return isTerminal && variable("TERM") != "dumb";
    }

    /// <summary>The same with the output in place of the errors: for what is left to say when the output is taken.</summary>
    public Terminal ToError() => new()
    {
        Out = Error, Error = Error, In = In, Folder = Folder, Width = Width, UsesColor = false, IsInteractive = IsInteractive,
        Variable = Variable, Machine = Machine,
    };

    /// <summary>A path as the user wrote it, made absolute.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, Folder);

    /// <summary>An absolute path as people read it: relative when it lies below the working folder.</summary>
    public string Shown(string fullPath)
    {
        var relative = Path.GetRelativePath(Folder, fullPath);
        var isBelow = !Path.IsPathRooted(relative) && relative != ".."
            && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return (isBelow ? relative : fullPath).Replace(Path.DirectorySeparatorChar, '/');
    }

    private static int WidthOfConsole()
    {
        try
        {
            return Console.WindowWidth is > 20 and var width ? width : 80;
        }
        catch (IOException)
        {
            return 80;
        }
    }
}
