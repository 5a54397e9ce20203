using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace LoraLint.Advisor.Training;

/// <summary>
/// Runs the trainer and hands its events on. Lines that are no event go to the errors. A first request to stop asks it to finish the step
/// and save, a second one to stop at once.
/// </summary>
/// <param name="location">How it is started.</param>
/// <param name="folder">The working folder.</param>
/// <param name="errors">What the trainer says beside its events.</param>
internal sealed class TrainerProcess(TrainerLocation location, string folder, TextWriter errors)
{
    // What a shell, and .NET, add to the number of the signal that ended a process.
    private const int SignalBase = 128;

    private readonly Lock _lock = new();
    private Process? _process;

    /// <summary>How often stopping was asked for.</summary>
    public int StopRequests { get; private set; }

    /// <summary>The signal that an exit code stands for, or null.</summary>
    public static int? SignalOf(int exitCode) => exitCode is > SignalBase and < SignalBase + 65 ? exitCode - SignalBase : null;

    /// <summary>A signal as people know it.</summary>
    public static string NameOf(int signal) => signal switch
    {
        2 => "SIGINT", 4 => "SIGILL", 6 => "SIGABRT", 7 => "SIGBUS", 8 => "SIGFPE", 9 => "SIGKILL", 11 => "SIGSEGV", 15 => "SIGTERM",
        _ => "signal " + signal.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Starts the trainer, reads its events to the end and gives its exit code.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="onEvent">Takes each event, on the calling thread.</param>
    public int Run(IEnumerable<string> arguments, Action<TrainerEvent> onEvent)
    {
        var start = new ProcessStartInfo(location.FileName)
        {
            UseShellExecute = false, WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in location.Arguments.Concat(arguments))
            start.ArgumentList.Add(argument);
        using var process = TrainerLocation.StartOrExplain(start);
        lock (_lock)
            _process = process;
        process.ErrorDataReceived += (_, line) => Tell(line.Data);
        process.BeginErrorReadLine();
        try
        {
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (TrainerEvent.Read(line) is { } read)
                    onEvent(read);
                else
                    Tell(line);
            }
        }
        catch
        {
            // What shows the events failed: nobody would see the rest. The trainer saves and ends when its input does.
            lock (_lock)
                process.StandardInput.Close();
            process.WaitForExit();
            throw;
        }
        finally
        {
            lock (_lock)
                _process = null;
        }

        process.WaitForExit();
        return process.ExitCode;
    }

    /// <summary>Asks the trainer to stop; may be called from any thread.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            StopRequests++;
            try
            {
                _process?.StandardInput.WriteLine("stop");
                _process?.StandardInput.Flush();
            }
            catch (IOException)
            {
                // It ended just now, which its exit code tells.
            }
        }
    }

    /// <summary>Passes Ctrl-C and SIGTERM on as requests to stop, until what is returned is disposed.</summary>
    public IDisposable PassOnSignals()
    {
        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            Stop();
        }

        return new Registrations(
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
    }

    private void Tell(string? line)
    {
        if (line is null)
            return;
        lock (errors)
            errors.WriteLine(line);
    }

    private sealed class Registrations(params PosixSignalRegistration[] registrations) : IDisposable
    {
        public void Dispose()
        {
            foreach (var registration in registrations)
                registration.Dispose();
        }
    }
}
