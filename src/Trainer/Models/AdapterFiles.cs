using LoraLint.Rules.Runs;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Models;

/// <summary>Writes an adapter's folder as PEFT does, under a temporary name until it is whole.</summary>
internal static class AdapterFiles
{
    /// <summary>The file with the adapter's settings.</summary>
    public const string ConfigName = "adapter_config.json";

    /// <summary>The file with its tensors.</summary>
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>Writes a folder. One that is there is replaced.</summary>
    /// <param name="files">How.</param>
    /// <param name="folder">Its final name.</param>
    /// <param name="trained">What was trained.</param>
    /// <param name="tensors">Its tensors by the names of <see cref="AdapterKeys"/>.</param>
    public static void Write(RunFiles files, string folder, TrainedAdapter trained, IEnumerable<TensorToWrite> tensors)
    {
        // Not the name that a folder has while it is deleted: the old one goes when the new one is whole.
        var temporary = RunFiles.TemporaryNameOf(folder + ".new");
        if (Directory.Exists(temporary))
            files.Delete(temporary);
        files.CreateFolder(temporary);
        WriteInto(files, temporary, trained, tensors);
        if (Directory.Exists(folder))
            files.Delete(folder);
        files.Publish(temporary, folder);
    }

    /// <summary>Writes the files into a folder that is there.</summary>
    public static void WriteInto(RunFiles files, string folder, TrainedAdapter trained, IEnumerable<TensorToWrite> tensors)
    {
        files.Write(
            Path.Combine(folder, ConfigName),
            stream => AdapterConfigFile.Write(stream, trained.Plan, trained.Options, trained.Model, trained.BaseModel));
        files.Write(
            Path.Combine(folder, WeightsName), stream => SafetensorsWriter.Write(stream, tensors, SafetensorsWriter.PyTorchFormat));
    }
}

/// <summary>What the config of a written adapter tells.</summary>
/// <param name="Plan">What was trained, with the ranks and scalings that the tensors have.</param>
/// <param name="Options">What the plan was made from.</param>
/// <param name="Model">The base.</param>
/// <param name="BaseModel">Its name or folder.</param>
internal sealed record TrainedAdapter(AdapterPlan Plan, LoraOptions Options, ModelConfig Model, string BaseModel);
