using System.Text.Json;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Configs;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Commands;

public sealed class InspectTests
{
    private static readonly string[] s_names =
    [
        "base_model", "method", "rank", "alpha", "scaling", "dropout", "target_modules", "modules_to_save", "layers", "bias", "init",
        "use_rslora", "learning_rate", "lr_scheduler", "warmup", "optimizer", "weight_decay", "max_grad_norm", "epochs", "max_steps",
        "micro_batch_size", "gradient_accumulation_steps", "quantization_bits", "quantization_type", "double_quantization", "compute_dtype",
        "max_sequence_length", "packing", "gradient_checkpointing", "seed", "dataset", "output_dir",
    ];

    [Fact]
    public void Json_has_every_setting_with_its_origin_and_place()
    {
        using var scratch = new ScratchFolder();
        const string added = "learning_rate: 2.0e-4\npeft_use_rslora: false\nwarmup_steps: 10\noutput_dir: ${OUT}\n";
        scratch.Write("t.yml", ScratchFolder.Config + added);
        var run = scratch.Run("inspect", "t.yml", "--format", "json");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(["path", "format", "configs"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal("axolotl", json.RootElement.GetProperty("format").GetString());
        var settings = json.RootElement.GetProperty("configs")[0].GetProperty("settings");
        Assert.Equal(s_names, settings.EnumerateObject().Select(p => p.Name));
        Assert.Equal("""{"value":64,"origin":"written","key":"lora_r","line":3,"column":1}""", Compact(settings, "rank"));
        Assert.Equal("""{"value":0.125,"origin":"derived","key":null,"line":4,"column":1}""", Compact(settings, "scaling"));
        Assert.Equal("""{"value":0,"origin":"default","key":"lora_dropout","line":null,"column":null}""", Compact(settings, "dropout"));
        Assert.Equal("""{"value":false,"origin":"written","key":"peft_use_rslora","line":8,"column":1}""", Compact(settings, "use_rslora"));
        Assert.Equal(
            """{"value":0.0002,"origin":"written","key":"learning_rate","line":7,"column":1}""", Compact(settings, "learning_rate"));
        Assert.Equal("""{"value":{"steps":10},"origin":"written","key":"warmup_steps","line":9,"column":1}""", Compact(settings, "warmup"));
        Assert.Equal("""{"value":"lora","origin":"written","key":"adapter","line":2,"column":1}""", Compact(settings, "method"));
        Assert.Equal("""{"value":null,"origin":"written","key":"output_dir","line":10,"column":1}""", Compact(settings, "output_dir"));
        Assert.Equal("null", Compact(settings, "max_steps"));
    }

    [Fact]
    public void Text_has_a_row_for_each_setting_that_is_there()
    {
        using var scratch = new ScratchFolder();
        var lines = scratch.Write("t.yml", ScratchFolder.Config).Run("inspect", "t.yml").Out.Split('\n');
        Assert.StartsWith("t.yml (Axolotl, read as axolotl-ai-cloud/axolotl@", lines[0], StringComparison.Ordinal);
        Assert.Matches("^setting +value +origin +key +line$", lines[1]);
        Assert.Contains(lines, l => System.Text.RegularExpressions.Regex.IsMatch(l, "^rank +64 +written +lora_r +3$"));
        Assert.All(lines, l => Assert.Equal(l.TrimEnd(), l));
    }

    [Fact]
    public void The_modules_that_get_adapters_are_counted()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("t.yml", ScratchFolder.Config + "lora_modules_to_save: [lm_head]\n").Run("inspect", "t.yml");
        Assert.Contains(
            "\nmodel: NousResearch/Meta-Llama-3.1-8B, llama, 32 layers, 8,030,261,248 parameters (known by name)\n"
            + "adapter: 224 modules, 693,108,736 trainable parameters, 525,336,576 of them in modules trained in full, 7.9454 % of all\n",
            run.Out, StringComparison.Ordinal);
        Assert.Matches("\nmodel\\.layers\\.\\*\\.mlp\\.down_proj +32 +14,336 +4,096 +64 +37,748,736\n", run.Out);
        Assert.Matches("\nlm_head +1 +4,096 +128,256 +full +525,336,576\n", run.Out);
    }

    [Fact]
    public void Json_has_the_model_and_the_modules_that_get_adapters()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", ScratchFolder.Config);
        using var json = JsonDocument.Parse(scratch.Run("inspect", "t.yml", "--format", "json").Out);
        var config = json.RootElement.GetProperty("configs")[0];
        Assert.Equal(
            """{"name":"NousResearch/Meta-Llama-3.1-8B","architecture":"llama","known_from":"catalog","layers":32,"""
            + "\"parameters\":8030261248,\"problem\":null}",
            Compact(config, "model"));
        var adapter = Assert.Single(config.GetProperty("adapters").EnumerateArray());
        Assert.Equal((167_772_160, 0.02046493), (adapter.GetProperty("trainable").GetInt64(), adapter.GetProperty("share").GetDouble()));
        Assert.Equal(
            """{"name":"model.layers.*.self_attn.q_proj","count":32,"inputs":4096,"outputs":4096,"rank":64,"parameters":16777216}""",
            JsonSerializer.Serialize(adapter.GetProperty("modules")[0]));
    }

    [Theory]
    [InlineData("base_model: me/mine", "unknown (me/mine is not among the models known by name)")]
    [InlineData("base_model: ${MODEL}", "unknown (the config does not name it)")]
    [InlineData("base_model: ./mine", "unknown (./mine is not among the models known by name)")]
    public void A_model_that_is_not_known_is_told_with_the_reason(string model, string told)
    {
        using var scratch = new ScratchFolder();
        var text = ScratchFolder.Config.Replace("base_model: NousResearch/Meta-Llama-3.1-8B", model, StringComparison.Ordinal);
        Assert.EndsWith($"\nmodel: {told}\n", scratch.Write("t.yml", text).Run("inspect", "t.yml").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_the_modules_depend_on_a_version_each_is_told()
    {
        using var scratch = new ScratchFolder();
        scratch.Write(
            "t.yml",
            "base_model: Qwen/Qwen3-30B-A3B\nadapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\nsequence_len: 512\n");
        var text = scratch.Run("inspect", "t.yml").Out;
        Assert.Contains("\nadapter with transformers 5: 192 modules, ", text, StringComparison.Ordinal);
        Assert.Contains("\nadapter with transformers 4: 18,672 modules, ", text, StringComparison.Ordinal);
        Assert.Matches("\nmodel\\.layers\\.\\*\\.mlp\\.experts\\.\\*\\.down_proj +6,144 +768 +2,048 +8 ", text);
    }

    [Fact]
    public void A_terminal_gets_a_table()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("t.yml", ScratchFolder.Config).RunWith("", 100, true, null, "inspect", "t.yml");
        Assert.Contains("\u001b[", run.Out, StringComparison.Ordinal);
        Assert.Contains("lora_alpha", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_fine_tune_can_be_inspected_too()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("t.yml", "# loralint-format: axolotl\nbase_model: x\nmicro_batch_size: 1\nlearning_rate: 1e-5\n");
        using var json = JsonDocument.Parse(scratch.Run("inspect", "t.yml", "--format", "json").Out);
        var settings = json.RootElement.GetProperty("configs")[0].GetProperty("settings");
        Assert.Equal("full", settings.GetProperty("method").GetProperty("value").GetString());
    }

    [Fact]
    public void What_is_no_config_is_said_to_be_none()
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("t.yml", "a: 1\n").Run("inspect", "t.yml", "--format", "json");
        Assert.Equal((0, "note: t.yml: not a config of a format that is known\n"), (run.Code, run.Error));
        using var json = JsonDocument.Parse(run.Out);
        Assert.Equal(0, json.RootElement.GetProperty("configs").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("format").ValueKind);
    }

    [Theory]
    [InlineData("error: no such file: nope.yml", "nope.yml")]
    [InlineData("error: . is a folder; name a config", ".")]
    [InlineData("error: notes.txt: configs are .yaml, .yml, .json or .toml files", "notes.txt")]
    public void Mistakes_of_the_user_give_code_2(string message, string path)
    {
        using var scratch = new ScratchFolder();
        var run = scratch.Write("notes.txt", "x").Run("inspect", path);
        Assert.Equal((2, message + "\n"), (run.Code, run.Error));
    }

    [Fact]
    public void Every_kind_of_value_has_a_form()
    {
        Assert.Equal("\"all\"", Json(LayerSelection.All));
        Assert.Equal("[0,3]", Json(new LayerSelection([0, 3])));
        Assert.Equal("""{"last":16}""", Json(new LayerSelection(null, 16)));
        Assert.Equal("\"all-linear\"", Json(ModuleSelection.AllLinear()));
        Assert.Equal("\".*attn\"", Json(ModuleSelection.OfPattern(".*attn")));
        Assert.Equal("[\"q_proj\"]", Json(ModuleSelection.OfNames(["q_proj"])));
        Assert.Equal("""{"ratio":0.03}""", Json(new Warmup(0.03, WarmupUnit.Ratio)));
        Assert.Equal("""{"epochs":1}""", Json(new Warmup(1, WarmupUnit.Epochs)));
        Assert.Equal("""{"duration":60}""", Json(new Warmup(60, WarmupUnit.Duration)));
        Assert.Equal("8.5", Json(8.5));
        Assert.Equal(("[]", "[]"), (Json(Array.Empty<string>()), InspectedSettings.Show(Array.Empty<string>())));
        Assert.Equal("null", Json(double.PositiveInfinity));
        Assert.Equal("null", Json(TuningMethod.Unknown));
        Assert.Equal(["full", "lora", "qlora", "dora", "other", "none"], new[]
        {
            TuningMethod.Full, TuningMethod.Lora, TuningMethod.Qlora, TuningMethod.Dora, TuningMethod.Other, TuningMethod.None,
        }.Select(m => InspectedSettings.Show(m)));
    }

    private static string Json(object value)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
            InspectedSettings.Write(json, value);
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Compact(JsonElement settings, string name) => JsonSerializer.Serialize(settings.GetProperty(name));
}
