using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Generation;

/// <summary>Puts an adapter from its folder on an engine.</summary>
internal static class LoadedAdapter
{
    /// <summary>The plan that the adapter's tensors ask for; the model's own order does not matter to it.</summary>
    public static AdapterPlan PlanOf(AdapterFolder adapter) => new(
        [.. adapter.Modules.Select(m => new AdaptedModule(m.Name, m.InFeatures, m.OutFeatures, m.Rank, m.Scaling))],
        adapter.Modules.Any(m => m.Magnitude is not null), adapter.Options.Bias, [.. adapter.Saved.Keys]);

    /// <summary>Copies the adapter's tensors into an engine that was made with <see cref="PlanOf"/>.</summary>
    /// <exception cref="TrainerException">A tensor has no place in the model.</exception>
    public static void WriteInto(ITrainingEngine engine, AdapterFolder adapter)
    {
        var indices = Enumerable.Range(0, engine.Parameters.Count)
            .ToDictionary(i => engine.Parameters[i].Name, i => i, StringComparer.Ordinal);
        foreach (var module in adapter.Modules)
        {
            Write(AdapterKeys.A(module.Name), module.A);
            Write(AdapterKeys.B(module.Name), module.B);
            if (module.Magnitude is { } magnitude)
                Write(AdapterKeys.Magnitude(module.Name), magnitude);
        }

        var adapted = adapter.Modules.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (module, bias) in adapter.Biases)
            Write(AdapterKeys.Bias(module, adapted.Contains(module)), bias);
        foreach (var (module, saved) in adapter.Saved)
            Write(AdapterKeys.Saved(module), saved);

        void Write(string name, StoredTensor tensor)
        {
            if (!indices.TryGetValue(name, out var index))
                throw new TrainerException($"{adapter.Path}: the tensor {tensor.Name} has no place in the base model");
            var values = new float[engine.Parameters[index].Length];
            tensor.CopyTo(values);
            engine.Write(ParameterState.Value, index, values);
        }
    }
}
