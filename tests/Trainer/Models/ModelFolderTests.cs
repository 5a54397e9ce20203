using System.Text.Json.Nodes;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

public sealed class ModelFolderTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Families => [.. ModelFamily.All.Select(f => f.ModelType)];

    // What is done to a whole model folder, and what the error says.
    public static TheoryData<string, string, string> Damages => new()
    {
        { "no config", "config.json", "no such file" },
        { "config no JSON", "config.json", "config.json:1:16: not valid JSON: Expected depth" },
        { "config a list", "config.json", "a list where an object belongs" },
        { "config twice a key", "config.json", "the key 'model_type' is there twice" },
        { "no weights", "", "neither model.safetensors nor" },
        { "pickle", "pytorch_model.bin", "a pickle" },
        { "gguf", "model.gguf", "use the model that it was made from" },
        { "other name", "", "files of other names" },
        { "missing tensor", "", "model.layers.1.mlp.up_proj.weight is missing" },
        { "missing head", "", "lm_head.weight is missing; set tie_word_embeddings" },
        { "no prefix", "", "saved without its head" },
        { "wrong shape", "model.safetensors", "has shape (32, 15) and config.json makes it (32, 16)" },
        { "integer weights", "model.safetensors", "stored as I32" },
        { "tied and different", "model.safetensors", "differs from the embedding" },
        { "missing shard", "model-00002-of-00002.safetensors", "is missing, model.safetensors.index.json names it" },
        { "index names absent tensor", "model.safetensors.index.json", "looks for tensor extra" },
        { "index without map", "model.safetensors.index.json", "'weight_map' is missing" },
        { "index empty", "model.safetensors.index.json", "weight_map: no tensor is named" },
        { "index up", "model.safetensors.index.json", "where a plain file name belongs" },
        { "index absolute", "model.safetensors.index.json", "where a plain file name belongs" },
        { "index hidden", "model.safetensors.index.json", "where a plain file name belongs" },
        { "index pickle", "model.safetensors.index.json",
            "weight_map.extra: \"pytorch_model.bin\" where the name of a safetensors file belongs" },
        { "index number", "model.safetensors.index.json", "weight_map.extra: 1 where a text belongs" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_model_is_one_clear_error(string damage, string file, string expected)
    {
        var folder = _folder.PathTo("model");
        Damage(damage, folder);
        var error = Assert.Throws<TrainerException>(() => ModelFolder.Open(folder));
        Assert.StartsWith(folder, error.Message, StringComparison.Ordinal);
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_folder_and_a_file_are_clear_errors()
    {
        var path = _folder.PathTo("model");
        Assert.Contains("no such folder", Assert.Throws<TrainerException>(() => ModelFolder.Open(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "");
        Assert.Contains("is a file", Assert.Throws<TrainerException>(() => ModelFolder.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_model_of_each_family_opens_with_all_its_tensors(string type)
    {
        var folder = TinyModel.Write(_folder.PathTo(type), TinyModel.Config(type), StorageType.BFloat16);
        using var model = ModelFolder.Open(folder);
        Assert.Equal(type, model.Config.ModelType);
        foreach (var (name, shape) in ModelLayout.Tensors(model.Config))
            Assert.Equal(shape, model.Find(name)!.Shape);
        Assert.Null(model.Find("model.layers.2.mlp.up_proj.weight"));
    }

    [Fact]
    public void A_sharded_model_reads_like_a_single_file()
    {
        var single = TinyModel.Write(_folder.PathTo("single"), TinyModel.Config());
        var sharded = Shard(single, _folder.PathTo("sharded"));
        using var a = ModelFolder.Open(single);
        using var b = ModelFolder.Open(sharded);
        Assert.Equal(2, b.Files.Count);
        foreach (var (name, _) in ModelLayout.Tensors(a.Config))
            Assert.Equal(TinyModel.Read(a, name), TinyModel.Read(b, name));
    }

    [Fact]
    public void A_tied_model_needs_no_head_and_takes_an_equal_one()
    {
        var config = TinyModel.Config(change: c => c["tie_word_embeddings"] = true);
        var folder = TinyModel.Write(_folder.PathTo("tied"), config);
        using (var model = ModelFolder.Open(folder))
            Assert.Null(model.Find("lm_head.weight"));
        Rewrite(
            folder, tensors => [.. tensors, tensors.Single(t => t.Name == "model.embed_tokens.weight") with { Name = "lm_head.weight" }]);
        ModelFolder.Open(folder).Dispose();
    }

    private void Damage(string damage, string folder)
    {
        TinyModel.Write(folder, TinyModel.Config());
        var config = Path.Combine(folder, "config.json");
        var weights = Path.Combine(folder, "model.safetensors");
        switch (damage)
        {
            case "no config":
                File.Delete(config);
                break;
            case "config no JSON":
                File.WriteAllText(config, "{\"model_type\": ");
                break;
            case "config a list":
                File.WriteAllText(config, "[]");
                break;
            case "config twice a key":
                File.WriteAllText(config, """{"model_type": "llama", "model_type": "qwen2"}""");
                break;
            case "no weights":
                File.Delete(weights);
                break;
            case "pickle" or "gguf" or "other name":
                var name = damage switch { "pickle" => "pytorch_model.bin", "gguf" => "model.gguf", _ => "weights.safetensors" };
                File.Move(weights, Path.Combine(folder, name));
                break;
            case "missing tensor":
                Rewrite(folder, tensors => tensors.Where(t => t.Name != "model.layers.1.mlp.up_proj.weight"));
                break;
            case "missing head":
                Rewrite(folder, tensors => tensors.Where(t => t.Name != "lm_head.weight"));
                break;
            case "no prefix":
                Rewrite(folder, tensors => tensors.Select(t => t with { Name = t.Name.Replace("model.", "", StringComparison.Ordinal) }));
                break;
            case "wrong shape":
                Rewrite(folder, tensors => tensors.Select(t => t.Name == "lm_head.weight"
                    ? TensorToWrite.OfArray(t.Name, StorageType.Float32, [32, 15], new float[480]) : t));
                break;
            case "integer weights":
                Rewrite(folder, tensors => tensors.Select(t => t with { Type = "I32" }));
                break;
            case "tied and different":
                File.WriteAllText(config, TinyModel.Config(change: c => c["tie_word_embeddings"] = true).ToJsonString());
                break;
            case "missing shard":
                Reshard(folder);
                File.Delete(Path.Combine(folder, "model-00002-of-00002.safetensors"));
                break;
            default:
                Reshard(folder);
                var path = Path.Combine(folder, "model.safetensors.index.json");
                var index = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
                var map = index["weight_map"]!.AsObject();
                switch (damage)
                {
                    case "index names absent tensor":
                        map["extra"] = "model-00001-of-00002.safetensors";
                        break;
                    case "index without map":
                        index.Remove("weight_map");
                        break;
                    case "index empty":
                        index["weight_map"] = new JsonObject();
                        break;
                    case "index up":
                        map["extra"] = "../model.safetensors";
                        break;
                    case "index absolute":
                        map["extra"] = "/etc/model.safetensors";
                        break;
                    case "index hidden":
                        map["extra"] = "..";
                        break;
                    case "index pickle":
                        map["extra"] = "pytorch_model.bin";
                        break;
                    case "index number":
                        map["extra"] = 1;
                        break;
                    default:
                        throw new ArgumentException(damage, nameof(damage));
                }

                File.WriteAllText(path, index.ToJsonString());
                break;
        }
    }

    private static void Rewrite(string folder, Func<TensorToWrite[], IEnumerable<TensorToWrite>> change)
    {
        var path = Path.Combine(folder, "model.safetensors");
        using (var file = SafetensorsFile.Open(path))
            TinyModel.WriteFile(path + ".new", change([.. file.Entries.Select(e => TensorToWrite.Copy(file, e))]));
        File.Move(path + ".new", path, overwrite: true);
    }

    private static void Reshard(string folder)
    {
        Shard(folder, folder);
        File.Delete(Path.Combine(folder, "model.safetensors"));
    }

    private static string Shard(string source, string target)
    {
        Directory.CreateDirectory(target);
        using var file = SafetensorsFile.Open(Path.Combine(source, "model.safetensors"));
        var map = new JsonObject();
        for (var shard = 0; shard < 2; shard++)
        {
            var name = $"model-0000{shard + 1}-of-00002.safetensors";
            var entries = file.Entries.Where((_, i) => i % 2 == shard).ToArray();
            TinyModel.WriteFile(Path.Combine(target, name), entries.Select(e => TensorToWrite.Copy(file, e)));
            foreach (var entry in entries)
                map[entry.Name] = name;
        }

        File.WriteAllText(Path.Combine(target, "model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
        if (source != target)
            File.Copy(Path.Combine(source, "config.json"), Path.Combine(target, "config.json"));
        return target;
    }
}
