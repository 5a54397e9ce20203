namespace LoraLint.Trainer;

/// <summary>How <see cref="AdapterTrainer"/> trains: nothing here changes what is trained.</summary>
public sealed record AdapterTrainerOptions
{
    /// <summary>Threads that compute, 1 or more; null for all of the machine's cores.</summary>
    public int? Threads
    {
        get;
        init => field = value is < 1
            ? throw new ArgumentOutOfRangeException(nameof(Threads), value, "there has to be at least one thread") : value;
    }

    /// <summary>Go on with an unfinished run in the folder. Where there is none, the run starts.</summary>
    public bool Resume { get; init; }

    /// <summary>Train although the linter finds errors; the run's record keeps them.</summary>
    public bool Force { get; init; }

    /// <summary>Told of each optimizer step, on the thread that trains.</summary>
    public Action<TrainedStep>? OnStep { get; init; }

    /// <summary>Told what people should look at, such as samples that were cut.</summary>
    public Action<string>? OnWarning { get; init; }
}

/// <summary>An optimizer step that is done.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Steps">The steps of the whole run.</param>
/// <param name="Loss">The mean cross-entropy, in nats, over the trained tokens of its batch.</param>
/// <param name="LearningRate">The learning rate that it was made with.</param>
public sealed record TrainedStep(int Step, int Steps, double Loss, double LearningRate);

/// <summary>An adapter that was trained.</summary>
/// <param name="Folder">Its folder, with adapter_config.json and adapter_model.safetensors as PEFT reads them.</param>
/// <param name="StoppedEarly">Whether the validation loss no longer fell before all steps were done.</param>
public sealed record TrainingResult(string Folder, bool StoppedEarly);
