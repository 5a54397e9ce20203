using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Tests.Formats;

/// <summary>What each framework hands PEFT, by the modules that it comes to on a real model.</summary>
public sealed class AdapterRequestTests
{
    private const string Llama = "meta-llama/Llama-3.2-1B";

    [Theory]
    [InlineData("lora_target_linear: true", 7 * 16)]
    [InlineData("lora_target_linear: true\nlora_target_modules: [embed_tokens]", (7 * 16) + 1)]
    [InlineData("lora_target_modules: [q_proj, v_proj]\npeft_layers_to_transform: [0, 1, 2]", 2 * 3)]
    [InlineData("lora_target_modules: 'model.layers.[01]\\..*q_proj'", 2)]
    [InlineData("lora_target_modules: all-linear", 7 * 16)]
    [InlineData("lora_target_modules: [q_proj]\nlora_exclude_modules: [q_proj]", 16)]
    public void Axolotl(string keys, int modules) =>
        Assert.Equal(modules, Count($"base_model: {Llama}\nadapter: lora\nlora_r: 8\nlora_alpha: 16\n{keys}\n", "axolotl"));

    [Theory]
    [InlineData("", 7 * 16)]
    [InlineData("lora_target: all", 7 * 16)]
    [InlineData("lora_target: q_proj,v_proj", 2 * 16)]
    [InlineData("lora_target: q_proj,v_proj\nadditional_target: lm_head", 2 * 16)]
    public void Llama_factory(string keys, int modules) => Assert.Equal(
        modules, Count($"model_name_or_path: {Llama}\nstage: sft\ndo_train: true\nfinetuning_type: lora\n{keys}\n", "llama-factory"));

    // Conv1D has another class name than LLaMA-Factory looks for; PEFT's word takes it.
    [Fact]
    public void The_frameworks_own_words_for_all_layers_differ_on_gpt2()
    {
        const string gpt2 = "model_name_or_path: openai-community/gpt2\n";
        Assert.Equal(0, Count(gpt2 + "stage: sft\ndo_train: true\nfinetuning_type: lora\nlora_target: all\n", "llama-factory"));
        Assert.Equal(48, Count(gpt2 + "use_peft: true\nlora_target_modules: all-linear\n", "trl"));
    }

    [Theory]
    [InlineData("", 2 * 16)]
    [InlineData("lora_target_modules: all-linear", 7 * 16)]
    [InlineData("lora_target_modules: [all-linear]", 7 * 16)]
    [InlineData("lora_target_modules: [up_proj, down_proj]", 2 * 16)]
    [InlineData("lora_target_modules: [up_proj]", 0)]
    public void Trl(string keys, int modules) =>
        Assert.Equal(modules, Count($"model_name_or_path: {Llama}\nuse_peft: true\nlora_r: 8\n{keys}\n", "trl"));

    [Theory]
    [InlineData("", 7 * 16)]
    [InlineData("target_modules: [all-linear]", 7 * 16)]
    [InlineData("target_modules: [q_proj]", 16)]
    [InlineData("target_regex: '.*q_proj'", 16)]
    public void Ms_swift(string keys, int modules) =>
        Assert.Equal(modules, Count($"model: {Llama}\ntuner_type: lora\nlora_rank: 8\ndataset: a.jsonl\n{keys}\n", "ms-swift"));

    [Theory]
    [InlineData("\"target_modules\": null", 2 * 16)]
    [InlineData("\"target_modules\": \"all-linear\", \"exclude_modules\": [\"down_proj\"]", 6 * 16)]
    [InlineData("\"target_modules\": [\"q_proj\", \"lm_head\"], \"modules_to_save\": [\"lm_head\"]", 16)]
    public void Peft(string keys, int modules)
    {
        var text = "{\"peft_type\": \"LORA\", \"base_model_name_or_path\": \"" + Llama + "\", " + keys + "}";
        Assert.Equal(modules, Count(text, "peft", "adapter_config.json"));
    }

    [Theory]
    [InlineData("adapter:\n  target_modules: [q_proj]\n  layers: [0]\n", 1)]
    [InlineData("adapter:\n  exclude_modules: '.*mlp.*'\n", 4 * 16)]
    public void Loralint(string keys, int modules) => Assert.Equal(modules, Count($"loralint: 1\nbase_model: {Llama}\n{keys}", "loralint"));

    [Theory]
    [InlineData("base_model: meta-llama/Llama-3.2-1B\nadapter: lora\nlora_r: 8\nlora_target_modules: ${X}\n", "axolotl", "not known")]
    [InlineData("base_model: meta-llama/Llama-3.2-1B\nadapter: lora\nlora_r: 8\nlora_model_dir: ./old\n", "axolotl", "not known")]
    [InlineData("model: meta-llama/Llama-3.2-1B\ntuner_type: lora\ndataset: a.jsonl\nmcore_model: m\n", "ms-swift", "Megatron")]
    [InlineData("checkpoint_dir: meta-llama/Llama-3.2-1B\nlora_r: 8\nlora_query: true\n", "litgpt", "does not go through PEFT")]
    public void What_is_not_known_has_a_reason(string text, string format, string reason)
    {
        var view = View(text, format, "config.yaml");
        Assert.Null(view.Request);
        Assert.Contains(reason, view.Model is null ? "does not go through PEFT" : view.RequestProblem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("peft_trainable_token_indices: [1, 2]")]
    [InlineData("lora_r: ${R}")]
    public void Parameters_that_cannot_be_counted_are_not(string keys)
    {
        var text = $"base_model: {Llama}\nadapter: lora\nlora_alpha: 16\nlora_target_linear: true\n{keys}\n";
        var view = View(text, "axolotl", "config.yaml");
        Assert.NotNull(view.Request!.NotCounted);
        Assert.Equal(7 * 16, view.Adapters[0].Modules.Count);
    }

    private static int Count(string text, string format, string path = "config.yaml") =>
        View(text, format, path).Adapters[0].Modules.Count;

    private static BaseModelView View(string text, string format, string path)
    {
        var document = ConfigReader.Read(new SourceText(path, text), ConfigReader.LanguageOf(path)!.Value);
        var config = Assert.Single(Linter.Recognise(document, LintOptions.Default with { Format = format }, alsoWithoutLora: true));
        return new BaseModelView(config, NoCompanionFiles.Instance);
    }
}
