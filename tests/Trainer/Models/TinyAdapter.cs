using LoraLint.Rules.Runs;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Models;

/// <summary>Adapter folders of a tiny model with random tensors.</summary>
internal static class TinyAdapter
{
    /// <summary>Writes an adapter for a model by its options.</summary>
    /// <returns>Its tensors by key.</returns>
    public static Dictionary<string, float[]> Write(
        string folder, ModelConfig model, LoraOptions options, StorageType type = StorageType.Float32, string baseModel = "base")
    {
        var plan = AdapterPlanner.Plan(options, model);
        var random = new Random(5);
        var tensors = new List<(string Key, int[] Shape, float[] Values)>();
        foreach (var module in plan.Modules)
        {
            Add(AdapterKeys.A(module.Name), module.Rank, module.InFeatures);
            Add(AdapterKeys.B(module.Name), module.OutFeatures, module.Rank);
            if (plan.UseDora)
                Add(AdapterKeys.Magnitude(module.Name), module.OutFeatures);
        }

        var modules = ModelLayout.Modules(model).ToDictionary(m => m.Name);
        foreach (var saved in plan.SavedModules)
            Add(AdapterKeys.Saved(saved), modules[saved].Shape);
        var adapted = plan.Modules.Select(m => m.Name).ToHashSet();
        foreach (var module in modules.Values.Where(m => m.HasBias && HasTrainedBias(m.Name)))
            Add(AdapterKeys.Bias(module.Name, adapted.Contains(module.Name)), module.Shape[0]);

        AdapterFiles.Write(
            new RunFiles(), folder, new TrainedAdapter(plan, options, model, baseModel),
            tensors.Select(t => TensorToWrite.OfArray(t.Key, type, t.Shape, t.Values)));
        return tensors.ToDictionary(t => t.Key, t => t.Values);

        // A saved module is saved with its bias.
        bool HasTrainedBias(string name) => plan.Bias == LoraBias.All || plan.SavedModules.Contains(name)
            || (plan.Bias == LoraBias.LoraOnly && adapted.Contains(name));

        void Add(string key, params int[] shape) => tensors.Add((key, shape, TinyModel.Values(random, shape)));
    }
}
