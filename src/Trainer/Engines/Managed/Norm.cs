using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>An RMSNorm with its weight, which is frozen or trained in full (modules_to_save).</summary>
internal sealed unsafe class Norm : IDisposable
{
    private readonly NativeBuffer _frozen;
    private readonly float _epsilon;
    private readonly bool _addsOne;
    private ParameterSet? _parameters;
    private int _index = -1;

    /// <param name="name">The module's name.</param>
    /// <param name="weight">As stored, shape (size).</param>
    /// <param name="epsilon">What is added to the mean square.</param>
    /// <param name="addsOne">Whether 1 + weight is the factor.</param>
    public Norm(string name, StoredTensor weight, double epsilon, bool addsOne)
    {
        Name = name;
        Size = (int)weight.Length;
        _frozen = new NativeBuffer(Size);
        weight.CopyTo(new Span<float>(_frozen.Data, Size));
        _epsilon = (float)epsilon;
        _addsOne = addsOne;
    }

    /// <summary>The module's name.</summary>
    public string Name { get; }

    /// <summary>Values that are normed together.</summary>
    public int Size { get; }

    /// <summary>Whether its weight is trained.</summary>
    public bool IsTrained => _index >= 0;

    /// <summary>Trains the weight.</summary>
    public void TrainWeight(ParameterSet parameters, int index) => (_parameters, _index) = (parameters, index);

    /// <summary>Lets training start at the stored weight.</summary>
    public void CopyInitialValues()
    {
        if (IsTrained)
            new ReadOnlySpan<float>(_frozen.Data, Size).CopyTo(new Span<float>(_parameters!.Value(_index), Size));
    }

    /// <summary>Computes y and the inverse root mean squares r, shape (T, groups).</summary>
    public void Forward(Pass pass, Matrix x, Matrix y, float* r) =>
        RmsNorm.Forward(pass.Pool, x, Weight(pass.UsesAdapter), Size, _epsilon, _addsOne, y, r);

    /// <summary>Computes dx, and adds to the weight's gradient where it is trained. dx is not dy then.</summary>
    public void Backward(Pass pass, Matrix x, float* r, Matrix dy, Matrix dx, bool accumulate) =>
        RmsNorm.Backward(
            pass.Pool, x, Weight(true), Size, _addsOne, r, dy, dx, accumulate, IsTrained ? _parameters!.Gradient(_index) : null);

    /// <inheritdoc/>
    public void Dispose() => _frozen.Dispose();

    private float* Weight(bool trained) => IsTrained && trained ? _parameters!.Value(_index) : _frozen.Data;
}
