using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Tests.Trainer.Models;
using LoraLint.Trainer;
using LoraLint.Trainer.Commands;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;
using LoraLint.Trainer.Runs;

namespace LoraLint.Tests.Trainer.Commands;

public sealed class MergeCommandTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    private string Base => _folder.PathTo("base");

    private string Adapter => _folder.PathTo("adapter");

    private string Output => _folder.PathTo("merged");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama", false, false)]
    [InlineData("llama", true, false)]
    [InlineData("llama", true, true)]
    [InlineData("phi3", false, true)]
    [InlineData("gemma2", false, false)]
    public void A_merged_weight_is_the_base_with_the_adapter_applied(string type, bool rslora, bool dora)
    {
        Write(type, new LoraOptions { TargetsAllLinear = true, Rank = 3, Alpha = 4, UseRslora = rslora, UseDora = dora });
        Merge();
        using var merged = ModelFolder.Open(Output);
        using var original = ModelFolder.Open(Base);
        using var adapter = AdapterFolder.Open(Adapter);
        var adapted = adapter.Modules.ToDictionary(m => m.Name + ".weight");
        foreach (var (name, _) in ModelLayout.Tensors(original.Config))
        {
            var before = TinyModel.Read(original, name);
            var after = TinyModel.Read(merged, name);
            if (adapted.TryGetValue(name, out var module))
                Assert.All(Apply(before, module).Zip(after), p => Assert.Equal(p.First, p.Second, 1e-6));
            else
                Assert.Equal(before, after);
        }
    }

    [Fact]
    public void Trained_biases_and_weights_take_the_bases_place()
    {
        var written = Write(
            "qwen2",
            new LoraOptions { TargetModules = ["q_proj"], Rank = 2, Bias = LoraBias.All, ModulesToSave = ["lm_head", "model.norm"] });
        Merge();
        using var merged = ModelFolder.Open(Output);
        Assert.Equal(written[AdapterKeys.Saved("lm_head")], TinyModel.Read(merged, "lm_head.weight"));
        Assert.Equal(written[AdapterKeys.Saved("model.norm")], TinyModel.Read(merged, "model.norm.weight"));
        Assert.Equal(
            written[AdapterKeys.Bias("model.layers.0.self_attn.q_proj", true)],
            TinyModel.Read(merged, "model.layers.0.self_attn.q_proj.bias"));
        Assert.Equal(
            written[AdapterKeys.Bias("model.layers.1.self_attn.v_proj", false)],
            TinyModel.Read(merged, "model.layers.1.self_attn.v_proj.bias"));
    }

    [Fact]
    public void Rounding_happens_once_to_the_type_of_the_base()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj"], Rank = 2 }, StorageType.BFloat16);
        Merge();
        using var merged = ModelFolder.Open(Output);
        using var original = ModelFolder.Open(Base);
        using var adapter = AdapterFolder.Open(Adapter);
        var name = adapter.Modules[0].Name + ".weight";
        Assert.Equal(StorageType.BFloat16, merged.Find(name)!.Type);
        var expected = Apply(TinyModel.Read(original, name), adapter.Modules[0])
            .Select(v => Rounding.To((float)v, StorageType.BFloat16)).ToArray();
        var actual = TinyModel.Read(merged, name);
        // A sum in another order may fall on the other side of a tie.
        Assert.InRange(expected.Zip(actual).Count(p => p.First != p.Second), 0, 2);
    }

    [Fact]
    public void The_type_can_be_chosen_and_the_config_says_so()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj"], Rank = 2 });
        Merge("--dtype", "bfloat16");
        using var merged = ModelFolder.Open(Output);
        Assert.All(ModelLayout.Tensors(merged.Config), t => Assert.Equal(StorageType.BFloat16, merged.Find(t.Name)!.Type));
        Assert.Equal("bfloat16", (string?)JsonNode.Parse(_folder.Read("merged/config.json"))!["torch_dtype"]);
    }

    [Fact]
    public void Large_models_are_sharded_with_an_index_and_bring_their_tokenizer()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj"], Rank = 2 });
        _folder.Write("base/tokenizer.json", "{}").Write("base/pytorch_model.bin", "x").Write("base/notes.txt", "x");
        Merge("--max-shard-size", "6KB");
        using var merged = ModelFolder.Open(Output);
        using var original = ModelFolder.Open(Base);
        Assert.InRange(merged.Files.Count, 3, 10);
        Assert.Equal($"model-00001-of-{merged.Files.Count:D5}.safetensors", Path.GetFileName(merged.Files[0].Path));
        var index = JsonNode.Parse(_folder.Read("merged/model.safetensors.index.json"))!;
        Assert.Equal(original.Files[0].Entries.Sum(e => e.Length), (long)index["metadata"]!["total_size"]!);
        Assert.Equal(TinyModel.Read(original, "lm_head.weight"), TinyModel.Read(merged, "lm_head.weight"));
        Assert.True(File.Exists(Path.Combine(Output, "tokenizer.json")));
        Assert.False(File.Exists(Path.Combine(Output, "notes.txt")));
        Assert.False(File.Exists(Path.Combine(Output, "pytorch_model.bin")));
    }

    [Fact]
    public void An_empty_output_folder_is_taken_and_nothing_is_left_beside_it()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj"], Rank = 2 });
        Directory.CreateDirectory(Output);
        Merge();
        ModelFolder.Open(Output).Dispose();
        Assert.Equal(["adapter", "base", "merged"], Directory.GetDirectories(_folder.Root).Select(d => Path.GetFileName(d)).Order());
    }

    [Theory]
    [InlineData("llama", true)]
    [InlineData("gemma2", null)]
    public void A_tied_head_that_is_trained_parts_from_the_embedding(string type, bool? tied)
    {
        TinyModel.Write(Base, TinyModel.Config(type, c =>
        {
            c.Remove("tie_word_embeddings");
            if (tied is { } written)
                c["tie_word_embeddings"] = written;
        }));
        var written = TinyAdapter.Write(
            Adapter, Config(), new LoraOptions { TargetModules = ["q_proj"], Rank = 2, ModulesToSave = ["lm_head"] }, baseModel: Base);
        Assert.True(Config().TiesEmbeddings);
        Merge();
        using var merged = ModelFolder.Open(Output);
        using var original = ModelFolder.Open(Base);
        Assert.False(merged.Config.TiesEmbeddings);
        Assert.Equal(written[AdapterKeys.Saved("lm_head")], TinyModel.Read(merged, "lm_head.weight"));
        Assert.Equal(TinyModel.Read(original, "model.embed_tokens.weight"), TinyModel.Read(merged, "model.embed_tokens.weight"));
    }

    [Fact]
    public void An_adapter_of_a_tied_embedding_changes_the_lookup_alone()
    {
        TinyModel.Write(Base, TinyModel.Config(change: c => c["tie_word_embeddings"] = true));
        var written = TinyAdapter.Write(
            Adapter, Config(), new LoraOptions { TargetModules = ["embed_tokens"], Rank = 2, Alpha = 6 }, baseModel: Base);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Adapter, "adapter_config.json")))!;
        Assert.Equal("""["embed_tokens"]""", config["target_modules"]!.ToJsonString());
        Merge("--dtype", "float32");
        using var merged = ModelFolder.Open(Output);
        using var original = ModelFolder.Open(Base);
        var table = TinyModel.Read(original, "model.embed_tokens.weight");
        var (a, b) = (written[AdapterKeys.A("model.embed_tokens")], written[AdapterKeys.B("model.embed_tokens")]);
        var expected = table.Select((v, i) =>
        {
            var (token, column) = Math.DivRem(i, 16);
            return v + (3 * Enumerable.Range(0, 2).Sum(k => a[(k * 32) + token] * b[(column * 2) + k]));
        });
        Assert.All(expected.Zip(TinyModel.Read(merged, "model.embed_tokens.weight")), p => Assert.Equal(p.First, p.Second, 1e-5f));
        Assert.Equal(table, TinyModel.Read(merged, "lm_head.weight"));
        Assert.False(merged.Config.TiesEmbeddings);
    }

    [Fact]
    public void The_embedding_that_PEFT_writes_beside_its_adapter_must_be_the_bases()
    {
        TinyModel.Write(Base, TinyModel.Config());
        TinyAdapter.Write(Adapter, Config(), new LoraOptions { TargetModules = ["embed_tokens"], Rank = 2, Alpha = 4 }, baseModel: Base);
        using var model = ModelFolder.Open(Base);
        var weight = TinyModel.Read(model, "model.embed_tokens.weight");
        AddBaseWeight(weight, "model.embed_tokens");
        Merge();
        Directory.Delete(Output, recursive: true);
        AddBaseWeight([.. weight.Select(v => 1.1f * v)], "model.embed_tokens");
        Assert.Contains("holds a base weight of model.embed_tokens that is not", Refusal(() => Merge()), StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_tells_an_embeddings_adapter_that_was_not_trained()
    {
        TinyModel.Write(Base, TinyModel.Config());
        var options = new LoraOptions { TargetModules = ["embed_tokens", "q_proj"], Rank = 2, Alpha = 4 };
        var plan = AdapterPlanner.Plan(options, Config());
        using var model = ModelFolder.Open(Base);
        using var initial = AdapterInitialisation.Create(plan, LoraInit.Kaiming, model, 1);
        AdapterFiles.Write(new RunFiles(), Adapter, new TrainedAdapter(plan, options, Config(), Base), plan.Modules.SelectMany(m => new[]
        {
            TensorToWrite.OfArray(AdapterKeys.A(m.Name), StorageType.Float32, [m.Rank, m.InFeatures], initial.Modules[m.Name].A),
            TensorToWrite.OfArray(AdapterKeys.B(m.Name), StorageType.Float32, [m.OutFeatures, m.Rank], initial.Modules[m.Name].B),
        }));
        var lines = Run(AdapterCommand.Build, "inspect", Adapter, "--base", Base).Split('\n');
        Assert.Contains("unused: A is zero", LineOf("model.embed_tokens"), StringComparison.Ordinal);
        Assert.Contains("unused: B is zero", LineOf("model.layers.1.self_attn.q_proj"), StringComparison.Ordinal);

        string LineOf(string module) => lines.Single(l => l.StartsWith(module, StringComparison.Ordinal));
    }

    [Fact]
    public void Tied_embeddings_that_are_not_trained_stay_tied()
    {
        TinyModel.Write(Base, TinyModel.Config(change: c => c["tie_word_embeddings"] = true));
        TinyAdapter.Write(Adapter, Config(), new LoraOptions { TargetModules = ["q_proj"], Rank = 2 }, baseModel: Base);
        Merge("--dtype", "bfloat16");
        using var merged = ModelFolder.Open(Output);
        Assert.True(merged.Config.TiesEmbeddings);
        Assert.Null(merged.Find("lm_head.weight"));
    }

    [Fact]
    public void Inspect_measures_a_tied_head_against_the_embedding()
    {
        TinyModel.Write(Base, TinyModel.Config(change: c => c["tie_word_embeddings"] = true));
        TinyAdapter.Write(Adapter, Config(), new LoraOptions { TargetModules = ["lm_head"], Rank = 2, Alpha = 4 }, baseModel: Base);
        var json = JsonDocument.Parse(Run(AdapterCommand.Build, "inspect", Adapter, "--base", Base, "--json")).RootElement;
        using var model = ModelFolder.Open(Base);
        var norm = Math.Sqrt(TinyModel.Read(model, "model.embed_tokens.weight").Sum(v => (double)v * v));
        Assert.Equal(norm, json.GetProperty("modules")[0].GetProperty("norm_weight").GetDouble(), norm * 1e-9);
    }

    [Fact]
    public void The_head_that_PEFT_writes_beside_its_adapter_must_be_the_bases()
    {
        TinyModel.Write(Base, TinyModel.Config(change: c => c["tie_word_embeddings"] = true));
        TinyAdapter.Write(Adapter, Config(), new LoraOptions { TargetModules = ["lm_head"], Rank = 2, Alpha = 4 }, baseModel: Base);
        using var model = ModelFolder.Open(Base);
        var weight = TinyModel.Read(model, "model.embed_tokens.weight");
        AddBaseWeight([.. weight.Select(v => Rounding.To(v, StorageType.BFloat16))]);
        Merge();
        Directory.Delete(Output, recursive: true);
        AddBaseWeight([.. weight.Select(v => 1.1f * v)]);
        Assert.Contains("holds a base weight of lm_head that is not the base model's", Refusal(() => Merge()), StringComparison.Ordinal);
        Assert.Contains(
            "base weight of lm_head", Refusal(() => Run(AdapterCommand.Build, "inspect", Adapter, "--base", Base)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_that_keeps_embeddings_tied_is_refused_on_a_tied_base_alone()
    {
        TinyModel.Write(Base, TinyModel.Config(change: c => c["tie_word_embeddings"] = true));
        TinyAdapter.Write(
            Adapter, Config(), new LoraOptions { TargetModules = ["q_proj"], Rank = 2, ModulesToSave = ["embed_tokens"] }, baseModel: Base);
        var config = Path.Combine(Adapter, "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"ensure_weight_tying\": false", "\"ensure_weight_tying\": true"));
        Assert.Contains("ensure_weight_tying", Refusal(() => Merge()), StringComparison.Ordinal);
        TinyModel.Write(Base, TinyModel.Config());
        Merge();
    }

    [Fact]
    public void What_cannot_be_merged_is_refused_and_nothing_is_written()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj"], Rank = 2 });
        Assert.Contains("there and not empty", Refusal(() => Merge("--output", Base)), StringComparison.Ordinal);
        Assert.Contains("--dtype int8", Refusal(() => Merge("--dtype", "int8")), StringComparison.Ordinal);
        Assert.Contains("--max-shard-size 5", Refusal(() => Merge("--max-shard-size", "5")), StringComparison.Ordinal);
        TinyModel.Write(_folder.PathTo("other"), TinyModel.Config(change: c => c["hidden_size"] = 20));
        Assert.Contains("belongs to another model", Refusal(() => Merge("--base", _folder.PathTo("other"))), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Output));

        // Values beyond what fp16 holds.
        TinyAdapter.Write(Adapter, Config(), new LoraOptions { TargetModules = ["q_proj"], Rank = 2, Alpha = 1e8 }, baseModel: Base);
        Assert.Contains("more than 16 bits of fp16 can", Refusal(() => Merge("--dtype", "float16")), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Output));
    }

    [Fact]
    public void The_base_is_the_one_that_the_adapter_names_or_must_be_named()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj"], Rank = 2 });
        TinyAdapter.Write(Adapter, Config(), new LoraOptions { TargetModules = ["q_proj"], Rank = 2 }, baseModel: "org/model");
        Assert.Contains("base model org/model, which is no folder here", Refusal(() => Merge()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500MB", 500_000_000)]
    [InlineData("2GiB", 2147483648)]
    [InlineData("1.5KB", 1500)]
    public void Sizes_are_read_with_their_units(string text, long bytes) => Assert.Equal(bytes, MergeCommand.SizeOf(text));

    [Fact]
    public void Inspect_shows_norms_unused_modules_and_effective_ranks()
    {
        Write("llama", new LoraOptions { TargetModules = ["q_proj", "v_proj"], Rank = 2, Alpha = 4 });
        ZeroB("model.layers.1.self_attn.v_proj");
        var json = JsonDocument.Parse(Run(AdapterCommand.Build, "inspect", Adapter, "--base", Base, "--json")).RootElement;
        var modules = json.GetProperty("modules").EnumerateArray().ToArray();
        Assert.Equal(4, modules.Length);
        Assert.Equal([false, false, false, true], modules.Select(m => m.GetProperty("unused").GetBoolean()));
        using var adapter = AdapterFolder.Open(Adapter);
        using var model = ModelFolder.Open(Base);
        var first = adapter.Modules[0];
        var update = Apply(new float[first.OutFeatures * first.InFeatures], first with { Magnitude = null });
        var norm = Math.Sqrt(update.Sum(v => v * v));
        Assert.Equal(norm, modules[0].GetProperty("norm_update").GetDouble(), norm * 1e-6);
        var weight = Math.Sqrt(TinyModel.Read(model, first.Name + ".weight").Sum(v => (double)v * v));
        Assert.Equal(norm / weight, modules[0].GetProperty("relative_update").GetDouble(), norm / weight * 1e-6);
        Assert.InRange(modules[0].GetProperty("effective_rank").GetDouble(), 1, 2);
        Assert.Equal(0, modules[3].GetProperty("effective_rank").GetDouble());
        var text = Run(AdapterCommand.Build, "inspect", Adapter);
        Assert.Contains("4 modules, 224 parameters, rank 2, alpha 4", text, StringComparison.Ordinal);
        Assert.Contains("unused: B is zero", text, StringComparison.Ordinal);
    }

    private Dictionary<string, float[]> Write(string type, LoraOptions options, StorageType storage = StorageType.Float32)
    {
        TinyModel.Write(Base, TinyModel.Config(type), storage);
        return TinyAdapter.Write(Adapter, Config(), options, baseModel: Base);
    }

    private ModelConfig Config() => ModelConfigReader.Read(Path.Combine(Base, "config.json"));

    private void ZeroB(string module)
    {
        var path = Path.Combine(Adapter, "adapter_model.safetensors");
        using (var file = SafetensorsFile.Open(path))
        {
            TinyModel.WriteFile(path + ".new", file.Entries.Select(e => e.Name == AdapterKeys.B(module)
                ? TensorToWrite.OfArray(e.Name, StorageType.Float32, [8, 2], new float[16]) : TensorToWrite.Copy(file, e)));
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    private void AddBaseWeight(float[] values, string module = "lm_head")
    {
        var key = $"{AdapterKeys.Prefix}{module}.base_layer.weight";
        var path = Path.Combine(Adapter, "adapter_model.safetensors");
        using (var file = SafetensorsFile.Open(path))
        {
            TinyModel.WriteFile(
                path + ".new",
                file.Entries.Where(e => e.Name != key).Select(e => TensorToWrite.Copy(file, e))
                    .Append(TensorToWrite.OfArray(key, StorageType.Float32, [32, 16], values)));
        }

        File.Move(path + ".new", path, overwrite: true);
    }

    private void Merge(params string[] options)
    {
        string[] output = options.Contains("--output") ? [] : ["--output", Output];
        Run(MergeCommand.Build, [Adapter, .. output, .. options]);
    }

    private static string Refusal(Action action) => Assert.Throws<TrainerException>(action).Message;

    private static string Run(Func<TextWriter, Command> build, params string[] arguments)
    {
        using var output = new StringWriter();
        var parsed = build(output).Parse(arguments);
        Assert.Empty(parsed.Errors);
        Assert.Equal(
            0, parsed.Invoke(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }));
        return output.ToString();
    }

    // W + s B A by hand in double precision, and DoRA's norm by rows.
    private static double[] Apply(float[] weight, AdapterModule module)
    {
        var a = new float[module.A.Length];
        var b = new float[module.B.Length];
        module.A.CopyTo(a);
        module.B.CopyTo(b);
        var magnitude = new float[module.OutFeatures];
        module.Magnitude?.CopyTo(magnitude);
        var result = new double[weight.Length];
        for (var i = 0; i < module.OutFeatures; i++)
        {
            var row = result.AsSpan(i * module.InFeatures, module.InFeatures);
            var squares = 0.0;
            for (var j = 0; j < module.InFeatures; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < module.Rank; k++)
                    sum += (double)b[(i * module.Rank) + k] * a[(k * module.InFeatures) + j];
                row[j] = weight[(i * module.InFeatures) + j] + (module.Scaling * sum);
                squares += row[j] * row[j];
            }

            for (var j = 0; module.Magnitude is not null && j < module.InFeatures; j++)
                row[j] *= magnitude[i] / Math.Sqrt(squares);
        }

        return result;
    }
}
