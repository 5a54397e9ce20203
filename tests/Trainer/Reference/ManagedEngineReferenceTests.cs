using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Reference;

/// <summary>The managed engine beside the float64 reference of tests/reference.</summary>
public sealed class ManagedEngineReferenceTests
{
    public static TheoryData<string> AllCases => [.. ReferenceCase.Names];

    [Fact]
    public void Every_family_and_way_of_training_has_a_case()
    {
        Assert.Contains("smollm3-lora", ReferenceCase.Names);
        Assert.Contains("llama-tied-embedding", ReferenceCase.Names);
        Assert.True(ReferenceCase.Names.Count >= 52, $"{ReferenceCase.Names.Count} cases");
    }

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Logits_losses_gradients_and_twenty_steps_agree_with_the_reference(string name)
    {
        Assert.Empty(Compare(name, threads: 2));
    }

    [Theory]
    [InlineData("llama-lora")]
    [InlineData("gemma2-lora")]
    [InlineData("llama-qdora-nf4")]
    [InlineData("llama-accumulation")]
    [InlineData("llama-tied-embedding")]
    public void Computing_activations_again_and_a_single_thread_change_nothing(string name)
    {
        Assert.Empty(Compare(name, threads: 1, recomputes: true));
    }

    [Theory]
    [InlineData("llama-lora")]
    [InlineData("llama-rslora")]
    [InlineData("llama-dora")]
    [InlineData("llama-qlora-nf4")]
    [InlineData("llama-embedding")]
    public void An_alpha_that_is_off_by_a_hundredth_is_seen(string name)
    {
        var differences = Compare(name, fault: new PlantedFault(Alpha: 1.01));
        Assert.Contains(differences, difference => difference.StartsWith("logits:", StringComparison.Ordinal));
        Assert.Contains(differences, difference => difference.StartsWith("loss of step 1:", StringComparison.Ordinal));
        Assert.Contains(differences, difference => difference.StartsWith("gradient of", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llama-lora")]
    [InlineData("llama-loraplus")]
    [InlineData("llama-sgd")]
    public void A_learning_rate_that_is_off_by_a_hundredth_is_seen(string name)
    {
        var differences = Compare(name, fault: new PlantedFault(LearningRate: 1.01));
        Assert.Contains(differences, difference => difference.Contains("after 20 steps", StringComparison.Ordinal));
        Assert.DoesNotContain(differences, difference => difference.StartsWith("gradient of", StringComparison.Ordinal));
    }

    [Fact]
    public void An_epsilon_that_is_off_by_a_hundredth_is_seen_where_it_matters()
    {
        var differences = Compare("llama-epsilon", fault: new PlantedFault(Epsilon: 1.01));
        Assert.Contains(differences, difference => difference.Contains("after 20 steps", StringComparison.Ordinal));
        Assert.DoesNotContain(differences, difference => difference.StartsWith("gradient of", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("llama-lora")]
    [InlineData("gemma3-lora")]
    [InlineData("phi3-lora")]
    [InlineData("smollm3-lora")]
    public void A_rope_base_that_is_off_by_a_hundredth_is_seen(string name)
    {
        var differences = Compare(name, fault: new PlantedFault(RopeBase: 1.01));
        Assert.Contains(differences, difference => difference.StartsWith("logits:", StringComparison.Ordinal));
        Assert.Contains(differences, difference => difference.StartsWith("gradient of", StringComparison.Ordinal));
    }

    private static IReadOnlyList<string> Compare(string name, int threads = 1, bool recomputes = false, PlantedFault? fault = null)
    {
        using var reference = ReferenceCase.Open(name);
        return new EngineComparison(reference, Make).Run(threads, recomputes, fault);

        static ManagedEngine Make(ModelConfig model, IWeights weights, AdapterPlan plan, EngineOptions options) =>
            new(model, weights, plan, options);
    }
}
