using LoraLint.Rules.Linting;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Checks;

/// <summary>Fixes in code change the literal alone, and none where the literal stands elsewhere.</summary>
public sealed class CodeFixTests
{
    private static string? Fixed(string rule, string text, string path)
    {
        var finding = Assert.Single(Lint.Check(text, path).Findings, f => f.Rule.Name == rule);
        return finding.Fix is { } fix ? FixPass.Apply(text, [fix]) : null;
    }

    [Theory]
    [InlineData("target-modules-bare-string", "LoraConfig(target_modules='v_proj')", "LoraConfig(target_modules=['v_proj'])")]
    [InlineData("target-modules-bare-string", "LoraConfig(target_modules=\"v_proj\")", "LoraConfig(target_modules=[\"v_proj\"])")]
    [InlineData("target-modules-bare-string", "LoraConfig(target_modules=('v_proj'))", "LoraConfig(target_modules=['v_proj'])")]
    [InlineData("target-modules-bare-string", "M = 'v_proj'\nLoraConfig(target_modules=M)", null)]
    [InlineData("init-false", "LoraConfig(init_lora_weights=False)", "LoraConfig(init_lora_weights=True)")]
    [InlineData("bias-not-none", "LoraConfig(**{'bias': 'all'})", "LoraConfig(**{'bias': 'none'})")]
    [InlineData("alpha-below-rank", "LoraConfig(r=64, lora_alpha=2 * 8)", "LoraConfig(r=64, lora_alpha=128)")]
    [InlineData("alpha-below-rank", "A = 2\nLoraConfig(r=64, lora_alpha=A * 8)", null)]
    [InlineData("alpha-not-set", "LoraConfig(\n    r=64,\n)", "LoraConfig(\n    r=64,\n    lora_alpha=128,\n)")]
    [InlineData("alpha-not-set", "LoraConfig(r = 64)", "LoraConfig(r = 64, lora_alpha = 128)")]
    [InlineData("alpha-not-set", "LoraConfig(r=(64), bias='none')", "LoraConfig(r=(64), lora_alpha=128, bias='none')")]
    [InlineData("alpha-not-set", "LoraConfig(**{\"r\": 64})", "LoraConfig(**{\"r\": 64, \"lora_alpha\": 128})")]
    [InlineData("target-and-save-overlap", "LoraConfig(target_modules=['a', 'b'], modules_to_save=['b'])",
        "LoraConfig(target_modules=['a'], modules_to_save=['b'])")]
    public void A_fix_in_Python(string rule, string text, string? expected) => Assert.Equal(expected, Fixed(rule, text, "train.py"));

    [Theory]
    [InlineData("dropout-out-of-range", "llamafactory-cli train --do_train --finetuning_type lora --lora_dropout '1.5' \\\n --bf16",
        "llamafactory-cli train --do_train --finetuning_type lora --lora_dropout 0.015 \\\n --bf16")]
    [InlineData("dropout-out-of-range", "D=1.5\nllamafactory-cli train --do_train --finetuning_type lora --lora_dropout $D", null)]
    [InlineData("renamed-key", "swift sft --train_type=lora", "swift sft --tuner_type=lora")]
    public void A_fix_in_a_shell_script(string rule, string text, string? expected) => Assert.Equal(expected, Fixed(rule, text, "run.sh"));
}
