using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Reading.Python;

/// <summary>Calls of libraries whose settings otherwise stand in files: the same rules reach them.</summary>
public sealed class PythonBuilderTests
{
    private static List<(string Rule, string Under)> Find(string code, string path = "train.py") =>
        [.. Lint.Check(code, path).Findings.Where(f => f.Severity > Severity.Info)
            .Select(f => (f.Rule.Name, code.Substring(f.Span.Start, f.Span.Length)))];

    [Theory]
    [InlineData("lora_llama3_8b([\"q_proj\", \"o_proj\"], True, lora_rank=8, lora_alpha=16)", "torchtune-attn-module-name", "\"o_proj\"")]
    [InlineData("lora_llama3_8b(lora_attn_modules=[\"q_proj\"], lora_rank=-8, lora_alpha=16)", "rank-not-positive", "-8")]
    [InlineData("qlora_llama3_8b([\"q_proj\"], lora_dropout=0.7)", "dropout-high", "0.7")]
    [InlineData("lora_llama3_8b([\"q_proj\"], lora_dropuot=0.1)", "unknown-key", "lora_dropuot")]
    public void A_builder_of_torchtune_is_checked_as_the_model_of_a_recipe(string call, string rule, string under)
    {
        var code = $"from torchtune.models.llama3 import lora_llama3_8b, qlora_llama3_8b  # lora_attn_modules\nm = {call}\n";
        Assert.Equal([(rule, under)], Find(code));
    }

    [Theory]
    [InlineData("m = lora_llama3_8b(lora_attn_modules=[\"q_proj\", \"v_proj\"], lora_rank=8, lora_alpha=16)\n")]
    [InlineData("m = lora_llama3_8b(lora_attn_modules=modules, apply_lora_to_mlp=True, **more)\n")]
    [InlineData("m = lora_llama3_8b(lora_attn_modules=[\"q_proj\"], quantize_base=True)\n")]
    // A part of a model takes what it is made of.
    [InlineData("m = lora_llama3(lora_attn_modules=[\"q_proj\"], vocab_size=128256, num_layers=32, lora_rank=8, lora_alpha=16)\n")]
    public void What_the_recipe_would_say_besides_is_not_missed(string code) =>
        Assert.Empty(Find("from torchtune.models.llama3 import lora_llama3, lora_llama3_8b\n" + code));

    [Fact]
    public void A_builder_of_another_module_is_nobodys() =>
        Assert.Empty(Find("from mine import lora_llama3_8b\nm = lora_llama3_8b(lora_attn_modules=[\"o_proj\"], lora_rank=-1)\n"));

    [Theory]
    [InlineData("{\"rank\": 8, \"alpha\": 16, \"dropout\": 0.0}", "mlx-alpha-ignored", "16")]
    [InlineData("{\"rank\": -8, \"scale\": 20.0, \"dropout\": 0.0}", "rank-not-positive", "-8")]
    public void The_dict_that_mlx_lm_is_given_is_its_lora_parameters(string dict, string rule, string under)
    {
        const string Import = "from mlx_lm.tuner.utils import linear_to_lora_layers\n";
        Assert.Equal([(rule, under)], Find(Import + $"linear_to_lora_layers(model, 16, {dict})\n"));
        Assert.Equal([(rule, under)], Find(Import + $"settings = {dict}\nlinear_to_lora_layers(model, config=settings, num_layers=4)\n")
            .Select(f => (f.Rule, f.Under == "settings" ? under : f.Under)));
    }

    [Theory]
    [InlineData("{\"rank\": 8, \"scale\": 20.0, \"dropout\": 0.0}")]
    [InlineData("{\"rank\": 8, \"scale\": 20.0, \"dropout\": 0.0, \"keys\": [\"self_attn.q_proj\"]}")]
    [InlineData("args.lora_parameters")]
    public void A_run_of_mlx_lm_that_is_elsewhere_is_not_missed(string dict) => Assert.Empty(Find(
        $"import mlx_lm\nfrom mlx_lm.tuner import linear_to_lora_layers\nlinear_to_lora_layers(model, 16, {dict}, use_dora=DORA)\n"));

    [Fact]
    public void Of_settings_that_a_command_puts_over_a_file_the_keys_and_values_are_checked()
    {
        Assert.Equal(
            [("unknown-key", "lora_aplha"), ("value-type-mismatch", "'4bits'")],
            Find("llamafactory-cli train a.yaml lora_rank=8 lora_aplha=16 quantization_bit='4bits'\n", "run.sh"));
        Assert.Equal(
            [("value-type-mismatch", "many")],
            Find("axolotl train a.yml --lora-r 64 --lora-alpha 8 --launcher torchrun --num-epochs many\n", "run.sh"));
        Assert.Empty(Find("axolotl train a.yml --lora-r 64\naxolotl train lora.yml\nllamafactory-cli train lora.yaml $ARGS\n", "run.sh"));
    }
}
