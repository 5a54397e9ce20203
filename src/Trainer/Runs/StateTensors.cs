using System.Runtime.InteropServices;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Runs;

/// <summary>
/// The trained tensors and their moments, bit by bit, as a safetensors file: the tensors under their own names, the moments with
/// <c>.exp_avg</c> and <c>.exp_avg_sq</c> behind them, as PyTorch's AdamW calls them.
/// </summary>
/// <remarks>
/// The adapter's own file does not do: a format for serving may store other tensors than those that are trained.
/// </remarks>
internal static class StateTensors
{
    /// <summary>Writes the tensors of an engine.</summary>
    public static void Write(Stream stream, ITrainingEngine engine, IReadOnlyList<ParameterState> kinds) => SafetensorsWriter.Write(
        stream,
        Entries(engine, kinds).Select(entry =>
        {
            var parameter = engine.Parameters[entry.Index];
            return new TensorToWrite(entry.Name, "F32", [.. parameter.Shape.Select(size => (long)size)], to =>
            {
                // One tensor at a time is in memory.
                var values = new float[parameter.Length];
                engine.Read(entry.Kind, entry.Index, values);
                to.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            });
        }),
        SafetensorsWriter.PyTorchFormat);

    /// <summary>Puts tensors of a file into an engine.</summary>
    /// <param name="path">A file that <see cref="Write"/> wrote.</param>
    /// <param name="engine">Has the parameters that the file was written from.</param>
    /// <param name="kinds">Which of the tensors; the file may hold more.</param>
    public static void Read(string path, ITrainingEngine engine, IReadOnlyList<ParameterState> kinds)
    {
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, kind, index) in Entries(engine, kinds))
        {
            var parameter = engine.Parameters[index];
            if (file.Find(name) is not { Type: StorageType.Float32 } stored || !stored.Shape.AsSpan().SequenceEqual(parameter.Shape))
            {
                throw new TrainerException($"{path} has no tensor {name} of shape ({string.Join(", ", parameter.Shape)}) in F32; "
                    + $"delete the folder {Path.GetDirectoryName(path)} to go on from the checkpoint before it");
            }

            var values = new float[parameter.Length];
            stored.CopyTo(values);
            engine.Write(kind, index, values);
        }
    }

    private static IEnumerable<(string Name, ParameterState Kind, int Index)> Entries(
        ITrainingEngine engine, IReadOnlyList<ParameterState> kinds)
    {
        foreach (var kind in kinds)
        {
            var suffix = kind switch
            {
                ParameterState.Value => "",
                ParameterState.FirstMoment => ".exp_avg",
                ParameterState.SecondMoment => ".exp_avg_sq",
                _ => throw new ArgumentException($"{kind} is not kept", nameof(kinds)),
            };
            for (var i = 0; i < engine.Parameters.Count; i++)
                yield return (engine.Parameters[i].Name + suffix, kind, i);
        }
    }
}
