namespace LoraLint.Trainer.Training;

/// <summary>The wish to end a run early: uttered once it ends after the step, saved; uttered twice it ends at once.</summary>
/// <param name="leave">Ends the process; called for the second wish, on the thread that utters it.</param>
internal sealed class StopSignal(Action leave)
{
    private int _wishes;

    /// <summary>Whether the run shall end.</summary>
    public bool IsRaised => Volatile.Read(ref _wishes) > 0;

    /// <summary>A person's wish: the second one ends the process.</summary>
    public void Raise()
    {
        if (Interlocked.Increment(ref _wishes) == 2)
            leave();
    }

    /// <summary>The wish of a parent that died or of a machine that shuts down: never more than the first.</summary>
    public void RaiseOnce() => Interlocked.CompareExchange(ref _wishes, 1, 0);
}
