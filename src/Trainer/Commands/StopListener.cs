using System.Runtime.InteropServices;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Commands;

/// <summary>Hears wishes to end a run early: signals, and lines on standard input where a parent process speaks there.</summary>
/// <remarks>
/// A terminal sends Ctrl-C to all processes in it. The parent that renders our lines passes it on as the line <c>stop</c>, so that it
/// counts once; the signal itself is passed over then.
/// </remarks>
internal sealed class StopListener : IDisposable
{
    private const string Stop = "stop";
    private readonly List<PosixSignalRegistration> _signals = [];

    /// <summary>Listens from here on.</summary>
    /// <param name="signal">Where wishes go.</param>
    /// <param name="control">What a parent writes to, or null where there is none.</param>
    public StopListener(StopSignal signal, TextReader? control)
    {
        On(PosixSignal.SIGINT, () =>
        {
            if (control is null)
                signal.Raise();
        });
        // A shutdown, a job scheduler, a terminal that was closed: they say it more than once and mean it once.
        On(PosixSignal.SIGTERM, signal.RaiseOnce);
        On(PosixSignal.SIGHUP, signal.RaiseOnce);
        if (control is not null)
            new Thread(() => Listen(signal, control)) { IsBackground = true, Name = "control" }.Start();
    }

    /// <summary>Signals do what they do by default again.</summary>
    public void Dispose() => _signals.ForEach(registration => registration.Dispose());

    internal static void Listen(StopSignal signal, TextReader control)
    {
        while (control.ReadLine() is { } line)
        {
            if (line.Trim() == Stop)
                signal.Raise();
        }

        // The parent died.
        signal.RaiseOnce();
    }

    private void On(PosixSignal signal, Action action) => _signals.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    }));
}
