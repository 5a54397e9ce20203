using LoraLint.Trainer.Engines.Managed.Kernels;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// One block of native memory for all activations. What lies where is arranged anew for each batch; the block itself is made once for
/// the largest batch seen, so that a step allocates nothing and memory stays flat.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    private const long ValuesOfCacheLine = NativeBuffer.Alignment / sizeof(float);

    private NativeBuffer? _block;
    private long _taken;
    private bool _measuring;

    /// <summary>Values that the block can hold.</summary>
    public long Capacity => _block?.Length ?? 0;

    /// <summary>
    /// Runs <paramref name="place"/>, which takes tensors in order: once to measure, and once for good. Whatever was taken before is
    /// invalid afterwards.
    /// </summary>
    public void Arrange(Action<Arena> place)
    {
        _measuring = true;
        _taken = 0;
        place(this);
        _measuring = false;
        if (_taken > Capacity)
        {
            _block?.Dispose();
            _block = null;
            _block = new NativeBuffer(_taken, zeroed: false);
        }

        _taken = 0;
        place(this);
    }

    /// <summary>Takes the next values, which hold whatever was there before.</summary>
    public float* Take(long values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(values);
        var start = _taken;
        _taken = checked(_taken + (values + ValuesOfCacheLine - 1) / ValuesOfCacheLine * ValuesOfCacheLine);
        if (_measuring)
            return null;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_taken, Capacity);
        return _block!.Data + start;
    }

    /// <summary>Lets two sets of tensors that are never alive together take the same memory.</summary>
    public void Overlay(Action<Arena> first, Action<Arena> second)
    {
        var start = _taken;
        first(this);
        var end = _taken;
        _taken = start;
        second(this);
        _taken = Math.Max(_taken, end);
    }

    /// <summary>Takes the next values as a matrix.</summary>
    public Matrix Take(int rows, int columns) => new(Take((long)rows * columns), rows, columns);

    /// <inheritdoc/>
    public void Dispose() => _block?.Dispose();
}
