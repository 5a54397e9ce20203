using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Trainer.Runs;

namespace LoraLint.Trainer.Models;

/// <summary>
/// Folds an adapter into its base and writes the result as a model folder: W + s B A, with DoRA m (W + s B A) / |W + s B A| by rows,
/// trained biases and weights in place of the base's. Computed in 32 bits and rounded once, to the type that each tensor is written in.
/// </summary>
/// <remarks>
/// Where embedding and head share one weight and the adapter trains one of them, the merged model holds both weights and its config says
/// that they are not tied. (PEFT's merge changes the shared weight, so that one's change becomes both's.)
/// </remarks>
internal sealed class AdapterMerge
{
    // What goes with a model beside its weights.
    private static readonly string[] s_companions =
    [
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "tokenizer.model",
        "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja", "chat_template.json", "LICENSE", "LICENSE.txt", "NOTICE",
    ];

    private readonly ModelFolder _model;
    private readonly AdapterFolder _adapter;
    private readonly StorageType? _type;
    private readonly Dictionary<string, AdapterModule> _moduleOf;
    private readonly bool _partsEmbeddings;

    private AdapterMerge(ModelFolder model, AdapterFolder adapter, StorageType? type)
    {
        _model = model;
        _adapter = adapter;
        _type = type;
        _moduleOf = adapter.Modules.ToDictionary(m => m.Name + ".weight", StringComparer.Ordinal);
        _partsEmbeddings = model.Config.TiesEmbeddings
            && adapter.Modules.Select(m => m.Name).Concat(adapter.Saved.Keys).Any(n => n is ModelLayout.Embedding or ModelLayout.Head);
    }

    /// <summary>Merges and writes.</summary>
    /// <param name="files">How.</param>
    /// <param name="model">The base.</param>
    /// <param name="adapter">What is folded in.</param>
    /// <param name="output">The folder to make; there must be none, or an empty one.</param>
    /// <param name="type">The type of all weights; null for that of the base.</param>
    /// <param name="maxShardBytes">Bytes of tensors in a file at most, unless one alone has more.</param>
    /// <returns>Files with weights.</returns>
    /// <exception cref="TrainerException">Adapter and base do not fit, or the output cannot be written.</exception>
    public static int Write(
        RunFiles files, ModelFolder model, AdapterFolder adapter, string output, StorageType? type, long maxShardBytes)
    {
        adapter.Verify(model);
        if (Directory.Exists(output) && Directory.EnumerateFileSystemEntries(output).Any())
            throw new TrainerException($"{output}: is there and not empty; name another folder");
        return new AdapterMerge(model, adapter, type).Write(files, output, maxShardBytes);
    }

    private int Write(RunFiles files, string output, long maxShardBytes)
    {
        var folder = RunFiles.TemporaryNameOf(output + ".new");
        if (Directory.Exists(folder))
            files.Delete(folder);
        files.CreateFolder(folder);
        var shards = Shards(maxShardBytes);
        for (var i = 0; i < shards.Count; i++)
        {
            var shard = shards[i];
            files.Write(
                Path.Combine(folder, NameOf(i, shards.Count)),
                stream => SafetensorsWriter.Write(stream, shard, SafetensorsWriter.PyTorchFormat));
        }

        if (shards.Count > 1)
            files.Write(Path.Combine(folder, "model.safetensors.index.json"), stream => WriteIndex(stream, shards));
        files.Write(Path.Combine(folder, "config.json"), WriteConfig);
        foreach (var companion in s_companions.Where(c => File.Exists(Path.Combine(_model.Path, c))))
        {
            files.Write(Path.Combine(folder, companion), stream =>
            {
                using var source = File.OpenRead(Path.Combine(_model.Path, companion));
                source.CopyTo(stream);
            });
        }

        if (Directory.Exists(output))
            files.Delete(output);
        files.Publish(folder, output);
        return shards.Count;
    }

    private static string NameOf(int shard, int count) =>
        count == 1 ? "model.safetensors" : $"model-{shard + 1:D5}-of-{count:D5}.safetensors";

    // In the order of the names, layer by layer, so that a layer's tensors are in one file where possible.
    private List<List<TensorToWrite>> Shards(long maxBytes)
    {
        var shards = new List<List<TensorToWrite>>();
        var bytes = 0L;
        foreach (var tensor in Tensors().OrderBy(t => t.Name, NaturalOrder.Comparer))
        {
            if (shards.Count == 0 || (bytes + tensor.Bytes > maxBytes && bytes > 0))
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += tensor.Bytes;
        }

        return shards;
    }

    private IEnumerable<TensorToWrite> Tensors()
    {
        const string Head = ModelLayout.Head + ".weight";
        const string Embedding = ModelLayout.Embedding + ".weight";
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in _model.Files)
        {
            // A file may hold tensors that the index gives to another.
            foreach (var entry in file.Entries.Where(e => _model.FileOf(e.Name) == file && names.Add(e.Name)))
                yield return TensorOf(entry.Name, file, entry);
        }

        if (_partsEmbeddings && names.Add(Head))
        {
            var file = _model.FileOf(Embedding)!;
            yield return TensorOf(Head, file, file.FindEntry(Embedding)!);
        }
    }

    // A tensor of the merged model from the base's that it is made of: the same but for a head that parts from the embedding.
    private TensorToWrite TensorOf(string name, SafetensorsFile file, SafetensorsEntry entry)
    {
        if (Replacement(name) is { } replaced)
            return Converted(name, file.Find(entry.Name)!, replaced.CopyTo);
        if (_moduleOf.TryGetValue(name, out var module))
        {
            var weight = file.Find(entry.Name)!;
            return Converted(name, weight, new MergedWeight(weight, module).Read);
        }

        return entry.StorageType is { } type && _type is { } wanted && type != wanted
            ? Converted(name, file.Find(entry.Name)!, file.Find(entry.Name)!.CopyTo) : TensorToWrite.Copy(file, entry) with { Name = name };
    }

    private StoredTensor? Replacement(string name)
    {
        const string Weight = ".weight";
        const string Bias = ".bias";
        return name.EndsWith(Weight, StringComparison.Ordinal) ? _adapter.Saved.GetValueOrDefault(name[..^Weight.Length])
            : name.EndsWith(Bias, StringComparison.Ordinal) ? _adapter.Biases.GetValueOrDefault(name[..^Bias.Length]) : null;
    }

    private TensorToWrite Converted(string name, StoredTensor original, ReadTensor read)
    {
        var type = _type ?? original.Type;
        var most = type == StorageType.Float16 ? (float)Half.MaxValue : float.MaxValue;
        return TensorToWrite.OfValues(name, type, original.Shape, (start, values) =>
        {
            read(start, values);
            var largest = MathF.Abs(TensorPrimitives.MaxMagnitude(values));
            if (largest <= most)
                return;
            throw new TrainerException(float.IsFinite(largest)
                ? $"{_adapter.Path}: {name} holds {largest} after merging, more than 16 bits of fp16 can; write --dtype bfloat16 or float32"
                : $"{_adapter.Path}: {name} holds values after merging that are no finite numbers; the adapter or the base is damaged");
        });
    }

    private void WriteIndex(Stream stream, List<List<TensorToWrite>> shards)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        json.WriteNumber("total_size", shards.Sum(s => s.Sum(t => t.Bytes)));
        json.WriteEndObject();
        json.WriteStartObject("weight_map");
        for (var i = 0; i < shards.Count; i++)
        {
            foreach (var tensor in shards[i])
                json.WriteString(tensor.Name, NameOf(i, shards.Count));
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    // The base's config; its type follows the weights', and embeddings that were parted are not tied.
    private void WriteConfig(Stream stream)
    {
        var path = Path.Combine(_model.Path, "config.json");
        if (_type is null && !_partsEmbeddings)
        {
            using var source = File.OpenRead(path);
            source.CopyTo(stream);
            return;
        }

        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        if (_type is { } type)
        {
            var key = config.ContainsKey("dtype") ? "dtype" : "torch_dtype";
            config[key] = type switch { StorageType.Float32 => "float32", StorageType.Float16 => "float16", _ => "bfloat16" };
        }

        // Written even where the key is missing: some families tie by default.
        if (_partsEmbeddings)
            config["tie_word_embeddings"] = false;
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        config.WriteTo(json);
    }
}
