using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Models;

/// <summary>
/// A model as Hugging Face keeps it: config.json beside one safetensors file, or several with an index. Tensors are mapped, not copied.
/// </summary>
public sealed class ModelFolder : IWeights, IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly List<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _fileOf;

    private ModelFolder(string path, ModelConfig config, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> fileOf)
    {
        Path = path;
        Config = config;
        _files = files;
        _fileOf = fileOf;
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Its config.json.</summary>
    public ModelConfig Config { get; }

    /// <summary>The safetensors files in the order of their names.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Opens a folder and checks that every tensor of the model is there in its right shape.</summary>
    /// <exception cref="TrainerException">Something is missing, damaged or of a kind that is not supported.</exception>
    public static ModelFolder Open(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new TrainerException(File.Exists(path)
                ? $"{path}: is a file; name the folder with config.json"
                : $"{path}: there is no such folder; download the model first (`hf download NAME --local-dir FOLDER`) and name its folder");
        }

        var config = ModelConfigReader.Read(System.IO.Path.Combine(path, "config.json"));
        var files = new List<SafetensorsFile>();
        try
        {
            var folder = new ModelFolder(path, config, files, OpenFiles(path, files));
            folder.Verify();
            return folder;
        }
        catch
        {
            files.ForEach(f => f.Dispose());
            throw;
        }
    }

    /// <summary>The file that holds a tensor, or null.</summary>
    public SafetensorsFile? FileOf(string name) => _fileOf.GetValueOrDefault(name);

    /// <inheritdoc/>
    public StoredTensor? Find(string name) => FileOf(name)?.Find(name);

    /// <summary>The weight of a module, or null; that of a tied head is the embedding's.</summary>
    public StoredTensor? WeightOf(string module) =>
        Find(module + ".weight") ?? (module == ModelLayout.Head && Config.TiesEmbeddings ? WeightOf(ModelLayout.Embedding) : null);

    /// <summary>
    /// Checks the files against the config: every tensor of the model in its shape and in a type that can be computed with.
    /// </summary>
    public void Verify()
    {
        foreach (var (name, shape) in ModelLayout.Tensors(Config))
        {
            if (FileOf(name) is not { } file)
                throw new TrainerException($"{Path}: tensor {name} is missing{WhyMissing(name)}");
            var tensor = file.Find(name)!;
            if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            {
                throw new TrainerException(
                    $"{file.Path}: tensor {name} has shape ({string.Join(", ", tensor.Shape)}) and config.json makes it "
                    + $"({string.Join(", ", shape)}); the config belongs to another model");
            }
        }

        VerifyTiedHead();
    }

    // transformers 4 takes the embedding for the head in any case, transformers 5 only if both are equal: either may be meant.
    private void VerifyTiedHead()
    {
        const string Head = ModelLayout.Head + ".weight";
        if (!Config.TiesEmbeddings || FileOf(Head) is not { } headFile)
            return;
        var embeddingFile = FileOf(ModelLayout.Embedding + ".weight")!;
        var head = headFile.FindEntry(Head)!;
        var embedding = embeddingFile.FindEntry(ModelLayout.Embedding + ".weight")!;
        var isSame = head.Length == embedding.Length && head.Type == embedding.Type;
        for (var at = 0L; isSame && at < head.Length; at += 1 << 20)
            isSame = headFile.Bytes(head, at, 1 << 20).SequenceEqual(embeddingFile.Bytes(embedding, at, 1 << 20));
        if (!isSame)
        {
            throw new TrainerException(
                $"{headFile.Path}: {Head} differs from the embedding while tie_word_embeddings is true; set it to false in config.json "
                + "if the head is meant, or remove the tensor");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _files.ForEach(f => f.Dispose());

    private static Dictionary<string, SafetensorsFile> OpenFiles(string path, List<SafetensorsFile> files)
    {
        var fileOf = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var single = System.IO.Path.Combine(path, SingleFile);
        if (File.Exists(single))
        {
            var file = SafetensorsFile.Open(single);
            files.Add(file);
            foreach (var entry in file.Entries)
                fileOf.Add(entry.Name, file);
            return fileOf;
        }

        var indexPath = System.IO.Path.Combine(path, IndexFile);
        if (!File.Exists(indexPath))
            throw new TrainerException($"{path}: has neither {SingleFile} nor {IndexFile}{WhatIsThereInstead(path)}");
        foreach (var (shard, names) in ReadIndex(indexPath))
        {
            var shardPath = System.IO.Path.Combine(path, shard);
            if (!File.Exists(shardPath))
                throw new TrainerException($"{shardPath}: is missing, {IndexFile} names it; download the model again");
            var file = SafetensorsFile.Open(shardPath);
            files.Add(file);
            foreach (var name in names)
            {
                if (!file.Contains(name))
                    throw new TrainerException(
                        $"{indexPath}: looks for tensor {name} in {shard}, which has none; download the model again");
                fileOf.Add(name, file);
            }
        }

        return fileOf;
    }

    private static SortedDictionary<string, List<string>> ReadIndex(string indexPath)
    {
        var map = JsonFile.ReadConfig(indexPath).Get("weight_map");
        var shards = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, place) in map.Members())
        {
            var shard = place.Text();
            // A shard lies beside its index: a path out of a downloaded file could lead anywhere.
            if (shard.Length == 0 || shard.AsSpan().ContainsAny('/', '\\', ':') || shard.StartsWith('.') || shard.Any(char.IsControl))
                throw place.Unexpected("a plain file name");
            if (!shard.EndsWith(".safetensors", StringComparison.Ordinal))
                throw place.Unexpected("the name of a safetensors file");
            if (!shards.TryGetValue(shard, out var names))
                shards.Add(shard, names = []);
            names.Add(name);
        }

        return shards.Count > 0 ? shards : throw map.Wrong("no tensor is named");
    }

    private static string WhatIsThereInstead(string path)
    {
        var files = Directory.EnumerateFiles(path).Select(System.IO.Path.GetFileName).OrderBy(f => f, StringComparer.Ordinal).ToList();
        var pickle = files.FirstOrDefault(f => System.IO.Path.GetExtension(f) is ".bin" or ".pt" or ".pth" or ".ckpt");
        if (pickle is not null)
        {
            return $" but {pickle}, a pickle: reading one runs code that it holds, so none is read; convert it with "
                + "`AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(OTHER)` where you trust it";
        }

        if (files.FirstOrDefault(f => f!.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) is { } gguf)
            return $" but {gguf}; use the model that it was made from";
        return files.Any(f => f!.EndsWith(".safetensors", StringComparison.Ordinal))
            ? "; files of other names are not looked at" : "; the model's weights are not there";
    }

    private string WhyMissing(string name)
    {
        const string Prefix = "model.";
        if (name.StartsWith(Prefix, StringComparison.Ordinal) && FileOf(name[Prefix.Length..]) is { } file)
        {
            return $", {file.Path} has {name[Prefix.Length..]}: the model was saved without its head; save it with "
                + "`AutoModelForCausalLM`";
        }

        return name == ModelLayout.Head + ".weight"
            ? "; set tie_word_embeddings to true in config.json if the head is the embedding" : "; the model is incomplete or another one";
    }
}
