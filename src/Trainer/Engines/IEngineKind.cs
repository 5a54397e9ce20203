using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines;

/// <summary>A kind of engine that this program holds.</summary>
public interface IEngineKind
{
    /// <summary>By which <c>--engine</c> names it.</summary>
    string Name { get; }

    /// <summary>What it can compute on here, the best first; empty when it does not work.</summary>
    /// <exception cref="TrainerException">It cannot work on this machine, and why.</exception>
    IReadOnlyList<ComputeDevice> FindDevices();

    /// <summary>Makes an engine that computes what the base model does.</summary>
    /// <param name="model">The model's description.</param>
    /// <param name="weights">Its tensors by their Hugging Face names; they stay in use.</param>
    /// <param name="plan">What is trained.</param>
    /// <param name="options">Device, precision, memory, optimizer.</param>
    /// <exception cref="TrainerException">
    /// Model, weights, plan and options do not fit together, or what is asked for is not there.
    /// </exception>
    ITrainingEngine Create(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options);
}

/// <summary>Something that computes.</summary>
/// <param name="Name">By which <c>--device</c> names it: cpu, cuda:0.</param>
/// <param name="Description">In words, such as the GPU's name.</param>
/// <param name="MemoryBytes">Its memory in all, or null when that is not known.</param>
public sealed record ComputeDevice(string Name, string Description, long? MemoryBytes);
