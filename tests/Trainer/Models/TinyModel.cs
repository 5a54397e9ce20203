using System.Text.Json.Nodes;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

/// <summary>Model folders of a few kilobytes with random weights, and ways to break them.</summary>
public static class TinyModel
{
    /// <summary>A config of each family, of the size of a toy.</summary>
    public static JsonObject Config(string type = "llama", Action<JsonObject>? change = null)
    {
        var config = new JsonObject
        {
            ["architectures"] = new JsonArray("TinyForCausalLM"),
            ["model_type"] = type,
            ["hidden_size"] = 16,
            ["intermediate_size"] = 24,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 4,
            ["vocab_size"] = 32,
            ["max_position_embeddings"] = 64,
            ["rms_norm_eps"] = 1e-5,
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = false,
        };
        change?.Invoke(config);
        return config;
    }

    /// <summary>Writes a folder with a config and random weights that fit it.</summary>
    public static string Write(string folder, JsonObject config, StorageType type = StorageType.Float32, int seed = 1)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        WriteWeights(Path.Combine(folder, "model.safetensors"), ModelConfigReader.Read(Path.Combine(folder, "config.json")), type, seed);
        return folder;
    }

    /// <summary>Random weights of a model in one file.</summary>
    public static void WriteWeights(
        string path, ModelConfig config, StorageType type, int seed,
        Func<IEnumerable<TensorToWrite>, IEnumerable<TensorToWrite>>? change = null)
    {
        var random = new Random(seed);
        var tensors = ModelLayout.Tensors(config).Select(t => TensorToWrite.OfArray(t.Name, type, t.Shape, Values(random, t.Shape)));
        WriteFile(path, change is null ? tensors : change(tensors));
    }

    /// <summary>A safetensors file of some tensors.</summary>
    public static void WriteFile(string path, IEnumerable<TensorToWrite> tensors)
    {
        using var stream = File.Create(path);
        SafetensorsWriter.Write(stream, tensors, SafetensorsWriter.PyTorchFormat);
    }

    /// <summary>Small random values of a shape.</summary>
    public static float[] Values(Random random, params int[] shape)
    {
        var values = new float[shape.Aggregate(1, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(random.NextDouble() - 0.5) / 2;
        return values;
    }

    /// <summary>All values of a tensor.</summary>
    public static float[] Read(IWeights weights, string name)
    {
        var tensor = weights.Find(name) ?? throw new InvalidOperationException($"there is no {name}");
        var values = new float[tensor.Length];
        tensor.CopyTo(values);
        return values;
    }
}
