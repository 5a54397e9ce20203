using LoraLint.Rules.Runs;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Training;

/// <summary>
/// Writes what an engine has trained as the adapter that PEFT loads on the unchanged base model: where training started on changed base
/// weights (PiSSA, OLoRA), the adapter makes up for the change.
/// </summary>
internal sealed class AdapterExport(ITrainingEngine engine, InitialAdapter initial, TrainingRun run, ModelConfig model, RunFiles files)
{
    /// <summary>Writes the adapter's files into a folder.</summary>
    public void WriteInto(string folder)
    {
        var parameters = engine.Parameters;
        var indices = Enumerable.Range(0, parameters.Count).ToDictionary(i => parameters[i].Name, StringComparer.Ordinal);
        var plan = initial.Plan;
        List<TensorToWrite> tensors = [];
        if (initial.ChangesBase)
        {
            var trained = plan.Modules.ToDictionary(
                module => module.Name,
                module => new InitialModule(ReadAll(indices[AdapterKeys.A(module.Name)]), ReadAll(indices[AdapterKeys.B(module.Name)])),
                StringComparer.Ordinal);
            (plan, var modules) = initial.ForOriginalBase(trained);
            foreach (var module in plan.Modules)
            {
                var (a, b) = modules[module.Name];
                tensors.Add(TensorToWrite.OfArray(AdapterKeys.A(module.Name), StorageType.Float32, [module.Rank, module.InFeatures], a));
                tensors.Add(TensorToWrite.OfArray(AdapterKeys.B(module.Name), StorageType.Float32, [module.OutFeatures, module.Rank], b));
            }
        }

        var written = tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, index) in indices.Where(entry => !written.Contains(entry.Key)))
        {
            // Read when it is written: one tensor at a time is in memory.
            var values = new Lazy<float[]>(() => ReadAll(index));
            tensors.Add(TensorToWrite.OfValues(
                name, StorageType.Float32, parameters[index].Shape,
                (start, piece) => values.Value.AsSpan((int)start, piece.Length).CopyTo(piece)));
        }

        AdapterFiles.WriteInto(files, folder, new TrainedAdapter(plan, run.Lora, model, run.BaseModel), tensors);
    }

    private float[] ReadAll(int index)
    {
        var values = new float[engine.Parameters[index].Length];
        engine.Read(ParameterState.Value, index, values);
        return values;
    }
}
