namespace LoraLint.Tests.Trainer.Training;

/// <summary>A parent that says stop when it is asked to; the wish is heard when the call returns.</summary>
internal sealed class Control : TextReader
{
    private readonly SemaphoreSlim _lines = new(0);
    private readonly SemaphoreSlim _heard = new(0);
    private bool _said;

    public override string? ReadLine()
    {
        // Asked for the next line, the listener is done with the one before.
        if (_said)
            _heard.Release();
        _lines.Wait();
        _said = true;
        return "stop";
    }

    public void Stop()
    {
        _lines.Release();
        _heard.Wait();
    }
}
