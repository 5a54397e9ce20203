using LoraLint.Tests.Support;

namespace LoraLint.Tests.Linting;

/// <summary>Findings about two settings name the other one's place.</summary>
public sealed class RelatedPlaceTests
{
    [Theory]
    [InlineData("alpha-below-rank", "lora_r is 64")]
    [InlineData("max-steps-overrides-epochs", "num_epochs is 3")]
    [InlineData("duplicate-key", "seed is 2")]
    [InlineData("fp16-and-bf16", "bf16 is true")]
    public void The_other_setting_is_named(string rule, string expected)
    {
        const string text = """
            base_model: NousResearch/Meta-Llama-3.1-8B
            adapter: lora
            lora_r: 64
            lora_alpha: 8
            lora_target_linear: true
            sequence_len: 2048
            max_steps: 100
            num_epochs: 3
            fp16: true
            bf16: true
            seed: 1
            seed: 2

            """;
        var finding = Assert.Single(Lint.Check(text).Findings, f => f.Rule.Name == rule);
        var place = Assert.Single(finding.Related);
        Assert.Equal(expected, place.Message);
        Assert.Equal(expected.Replace(" is ", ": ", StringComparison.Ordinal), place.Source.Slice(place.Span));
        Assert.False(place.Span.Overlaps(finding.Span));
    }
}
