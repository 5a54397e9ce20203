using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Training;

/// <summary>All that a run needs once its model, data and adapter are there.</summary>
/// <param name="Engine">Holds the adapter's first values.</param>
/// <param name="Batches">What is trained and evaluated on.</param>
/// <param name="Identity">What the run's bits follow from.</param>
/// <param name="WriteAdapter">Writes the engine's adapter into a folder as PEFT loads it.</param>
/// <param name="Start">What is told about the run at its start.</param>
/// <param name="Resources">What is freed behind the last use, the last one first: the model, the engine on it.</param>
internal sealed record TrainingParts(
    ITrainingEngine Engine, ITrainingBatches Batches, RunIdentity Identity, Action<string> WriteAdapter, StartEvent Start,
    IReadOnlyList<IDisposable> Resources) : IDisposable
{
    /// <summary>Frees the resources.</summary>
    public void Dispose() => Dispose(Resources);

    /// <summary>Frees resources, the last one first: it uses those before it.</summary>
    public static void Dispose(IReadOnlyList<IDisposable> resources)
    {
        foreach (var resource in resources.Reverse())
            resource.Dispose();
    }
}
