using System.Text.Json.Nodes;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Models;

public sealed class AdapterFolderTests : IDisposable
{
    private static readonly LoraOptions s_options = new() { TargetModules = ["q_proj", "v_proj"], Rank = 2, Alpha = 4 };

    private readonly ScratchFolder _folder = new();

    private string Adapter => _folder.PathTo("adapter");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Config_and_keys_are_PEFTs()
    {
        TinyAdapter.Write(Adapter, Model(), s_options with { Dropout = 0.05 }, baseModel: "org/model");
        var config = JsonNode.Parse(_folder.Read("adapter/adapter_config.json"))!.AsObject();
        var keys = config.Select(p => p.Key).ToArray();
        Assert.Equal(keys.Order(StringComparer.Ordinal), keys);
        Assert.Equal(
            """{"alora_invocation_tokens":null,"alpha_pattern":{},"arrow_config":null,"auto_mapping":null,"base_model_name_or_path":"org/model","bias":"none","corda_config":null,"ensure_weight_tying":false,"eva_config":null,"exclude_modules":null,"fan_in_fan_out":false,"inference_mode":true,"init_lora_weights":true,"kasa_config":null,"layer_replication":null,"layers_pattern":null,"layers_to_transform":null,"loftq_config":{},"lora_alpha":4,"lora_bias":false,"lora_dropout":0.05,"lora_ga_config":null,"megatron_config":null,"megatron_core":"megatron.core","modules_to_save":null,"monteclora_config":null,"peft_type":"LORA","peft_version":"0.20.0","qalora_group_size":16,"r":2,"rank_pattern":{},"revision":null,"target_modules":["q_proj","v_proj"],"target_parameters":null,"task_type":"CAUSAL_LM","trainable_token_indices":null,"use_bdlora":null,"use_dora":false,"use_qalora":false,"use_rslora":false,"velora_config":null}""",
            config.ToJsonString());
        using var file = SafetensorsFile.Open(Path.Combine(Adapter, "adapter_model.safetensors"));
        Assert.Contains("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", file.Entries.Select(e => e.Name));
        Assert.Contains("base_model.model.model.layers.1.self_attn.v_proj.lora_B.weight", file.Entries.Select(e => e.Name));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(2, Directory.GetFiles(Adapter).Length);
        Assert.Equal(["adapter"], Directory.GetDirectories(_folder.Root).Select(d => Path.GetFileName(d)));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var model = Model("qwen2");
        var options = new LoraOptions
        {
            TargetsAllLinear = true, Rank = 3, Alpha = 5, UseRslora = true, UseDora = true, Bias = LoraBias.All,
            ModulesToSave = ["lm_head"],
            RankPattern = new Dictionary<string, int> { ["layers.1.mlp.up_proj"] = 1 },
            AlphaPattern = new Dictionary<string, double> { ["k_proj"] = 7.5 },
        };
        var written = TinyAdapter.Write(Adapter, model, options);
        using var adapter = AdapterFolder.Open(Adapter);
        adapter.Verify(model);
        var plan = AdapterPlanner.Plan(options, model);
        Assert.Equal(plan.Modules.Select(m => m.Name).Order(), adapter.Modules.Select(m => m.Name).Order());
        foreach (var module in plan.Modules)
        {
            var read = adapter.Modules.Single(m => m.Name == module.Name);
            Assert.Equal((module.Rank, module.Scaling), (read.Rank, read.Scaling));
            Assert.Equal(written[AdapterKeys.A(module.Name)], Values(read.A));
            Assert.Equal(written[AdapterKeys.B(module.Name)], Values(read.B));
            Assert.Equal(written[AdapterKeys.Magnitude(module.Name)], Values(read.Magnitude!));
        }

        Assert.Equal(written[AdapterKeys.Saved("lm_head")], Values(adapter.Saved["lm_head"]));
        Assert.Equal(6, adapter.Biases.Count);
        Assert.Equal(
            written[AdapterKeys.Bias("model.layers.1.self_attn.k_proj", true)], Values(adapter.Biases["model.layers.1.self_attn.k_proj"]));
    }

    [Fact]
    public void Layers_of_a_part_are_named_in_full()
    {
        TinyAdapter.Write(Adapter, Model(), s_options with { Layers = [1], TargetModules = ["q_proj"] });
        var config = JsonNode.Parse(_folder.Read("adapter/adapter_config.json"))!;
        Assert.Equal("""["model.layers.1.self_attn.q_proj"]""", config["target_modules"]!.ToJsonString());
    }

    [Theory]
    [InlineData("base_model.model.model.embed_tokens.lora_embedding_A")]
    [InlineData("base_model.model.model.embed_tokens.lora_embedding_A.default")]
    [InlineData("embed_tokens.lora_embedding_A")]
    public void The_embeddings_keys_have_names_of_their_own(string key)
    {
        Assert.Equal((AdapterTensorRole.A, "model.embed_tokens"), AdapterKeys.Parse(key));
        Assert.Equal("base_model.model.model.embed_tokens.lora_embedding_A", AdapterKeys.A("model.embed_tokens"));
        Assert.Equal("base_model.model.model.embed_tokens.lora_embedding_B", AdapterKeys.B("model.embed_tokens"));
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight")]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.lora_A.default.weight")]
    [InlineData("model.layers.0.mlp.up_proj.lora_A.weight")]
    [InlineData("base_model.model.layers.0.mlp.up_proj.lora_A.weight")]
    [InlineData("module.base_model.model.model.layers.0.mlp.up_proj.lora_A.weight")]
    [InlineData("_orig_mod.base_model.model.model.layers.0.mlp.up_proj.lora_A.weight")]
    public void Other_spellings_of_a_key_are_understood(string key) =>
        Assert.Equal((AdapterTensorRole.A, "model.layers.0.mlp.up_proj"), AdapterKeys.Parse(key));

    [Theory]
    [InlineData(StorageType.Float16)]
    [InlineData(StorageType.BFloat16)]
    public void Adapters_in_16_bits_are_read(StorageType type)
    {
        var written = TinyAdapter.Write(Adapter, Model(), s_options, type);
        using var adapter = AdapterFolder.Open(Adapter);
        var module = adapter.Modules[0];
        Assert.Equal(written[AdapterKeys.A(module.Name)].Select(v => Rounding.To(v, type)), Values(module.A));
    }

    // What is done to the config (merged over it) or to the tensors, and what the error says.
    public static TheoryData<string, string> Damages => new()
    {
        { """{"peft_type": "LOHA"}""", "peft_type: \"LOHA\" is not supported" },
        { """{"r": 0}""", "r: 0 where a whole number from 1 to 2048 belongs" },
        { """{"r": null}""", "'r' is missing" },
        { """{"r": 3}""", "has rank 2 and adapter_config.json says 3" },
        { """{"rank_pattern": {"q_proj": "2"}}""", "rank_pattern.q_proj: \"2\" where a whole number" },
        { """{"lora_alpha": null}""", "'lora_alpha' is missing" },
        { """{"bias": "some"}""", "bias: \"some\" where none, all or lora_only belongs" },
        { """{"use_dora": true}""", "lacks its magnitude" },
        { """{"modules_to_save": ["lm_head"]}""", "holds no weight for `lm_head`" },
        { """{"fan_in_fan_out": true}""", "fan_in_fan_out: true is not supported" },
        { """{"init_lora_weights": "pissa"}""", "init_lora_weights: with \"pissa\" the adapter goes with a changed base" },
        { """{"layer_replication": [[0, 2]]}""", "layer_replication: a list switches on a variant" },
        { """{"kasa_config": {"x": 1}}""", "kasa_config: an object switches on a variant" },
        { "no config", "there is no such file" },
        { "no weights", "there is no such file" },
        { "pickle", "adapter_model.bin, a pickle" },
        { "B missing", "lacks B" },
        { "rank differs", "has rank 2 and B has 1" },
        { "strange key", "is no part of a LoRA adapter" },
        { "embedding's name", "adapters on embeddings other than model.embed_tokens are not supported" },
        { "linear's name", "holds a tensor `base_model.model.model.embed_tokens.lora_A.weight`" },
        { "embedding's magnitude", "DoRA's magnitude, which is not supported on the embedding" },
        { "embedding's shape", "is for a weight of 16 x 32 and the base model's is 32 x 16" },
        { "stray saved", "modules_to_save of adapter_config.json does not name" },
        { "stray bias", "while bias of adapter_config.json is none" },
        { "stray magnitude", "while use_dora is not true" },
        { "vector", "must be a matrix" },
        { "twice", "under two spellings" },
        { "cut", "cut short" },
        { "other model", "it belongs to another model" },
        { "other size", "is for a weight of 16 x 15" },
        { "no bias in base", "which has none in the base model" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_damaged_adapter_is_one_clear_error(string damage, string expected)
    {
        TinyAdapter.Write(Adapter, Model(), s_options);
        Damage(damage);
        var error = Assert.Throws<TrainerException>(() =>
        {
            using var adapter = AdapterFolder.Open(Adapter);
            adapter.Verify(Model());
        });
        Assert.StartsWith(Adapter, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private void Damage(string damage)
    {
        var config = Path.Combine(Adapter, "adapter_config.json");
        var weights = Path.Combine(Adapter, "adapter_model.safetensors");
        const string Q = "base_model.model.model.layers.0.self_attn.q_proj";
        switch (damage)
        {
            case ['{', ..]:
                Merge(damage);
                break;
            case "no config":
                File.Delete(config);
                break;
            case "no weights":
                File.Delete(weights);
                break;
            case "pickle":
                File.Move(weights, Path.Combine(Adapter, "adapter_model.bin"));
                break;
            case "cut":
                File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..^3]);
                break;
            case "B missing":
                Rewrite(t => t.Name == Q + ".lora_B.weight" ? null : t);
                break;
            case "rank differs":
                Rewrite(t => t.Name == Q + ".lora_B.weight" ? Tensor(t.Name, 16, 1) : t);
                break;
            case "strange key":
                Rewrite(t => t.Name == Q + ".lora_B.weight" ? t with { Name = Q + ".hada_w1_a" } : t);
                break;
            case "embedding's name":
                Rewrite(t => t.Name == Q + ".lora_B.weight" ? t with { Name = Q + ".lora_embedding_B" } : t);
                break;
            case "linear's name":
                Rewrite(t => t, Tensor("base_model.model.model.embed_tokens.lora_A.weight", 2, 32));
                break;
            case "embedding's magnitude":
                Merge("""{"use_dora": true}""");
                Rewrite(
                    _ => null, Tensor(AdapterKeys.A("model.embed_tokens"), 2, 32), Tensor(AdapterKeys.B("model.embed_tokens"), 16, 2),
                    Tensor(AdapterKeys.Magnitude("model.embed_tokens"), 16));
                break;
            case "embedding's shape":
                Rewrite(t => t, Tensor(AdapterKeys.A("model.embed_tokens"), 2, 16), Tensor(AdapterKeys.B("model.embed_tokens"), 32, 2));
                break;
            case "stray saved":
                Rewrite(t => t, Tensor("base_model.model.lm_head.weight", 32, 16));
                break;
            case "stray bias":
                Rewrite(t => t, Tensor(Q + ".base_layer.bias", 16));
                break;
            case "no bias in base":
                Merge("""{"bias": "all"}""");
                Rewrite(t => t, Tensor(Q + ".base_layer.bias", 16));
                break;
            case "stray magnitude":
                Rewrite(t => t, Tensor(Q + ".lora_magnitude_vector", 16));
                break;
            case "vector":
                Rewrite(t => t.Name == Q + ".lora_A.weight" ? Tensor(t.Name, 32) : t);
                break;
            case "twice":
                Rewrite(t => t, Tensor(Q + ".lora_A.default.weight", 2, 16));
                break;
            case "other model":
                Rewrite(t => t with { Name = t.Name.Replace("layers.1.", "layers.7.", StringComparison.Ordinal) });
                break;
            case "other size":
                Rewrite(t => t.Name == Q + ".lora_A.weight" ? Tensor(t.Name, 2, 15) : t);
                break;
            default:
                throw new ArgumentException(damage, nameof(damage));
        }

        void Merge(string changes)
        {
            var json = JsonNode.Parse(File.ReadAllText(config))!.AsObject();
            foreach (var (key, value) in JsonNode.Parse(changes)!.AsObject())
                json[key] = value?.DeepClone();
            File.WriteAllText(config, json.ToJsonString());
        }

        void Rewrite(Func<TensorToWrite, TensorToWrite?> change, params TensorToWrite[] added)
        {
            using (var file = SafetensorsFile.Open(weights))
                TinyModel.WriteFile(
                    weights + ".new", file.Entries.Select(e => change(TensorToWrite.Copy(file, e))).OfType<TensorToWrite>().Concat(added));
            File.Move(weights + ".new", weights, overwrite: true);
        }
    }

    private static TensorToWrite Tensor(string name, params int[] shape) =>
        TensorToWrite.OfArray(name, StorageType.Float32, shape, TinyModel.Values(new Random(1), shape));

    private static float[] Values(StoredTensor tensor)
    {
        var values = new float[tensor.Length];
        tensor.CopyTo(values);
        return values;
    }

    private ModelConfig Model(string type = "llama")
    {
        var path = _folder.PathTo("config.json");
        File.WriteAllText(path, TinyModel.Config(type).ToJsonString());
        return ModelConfigReader.Read(path);
    }
}
