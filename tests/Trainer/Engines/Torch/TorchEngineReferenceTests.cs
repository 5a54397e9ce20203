using LoraLint.Tests.Trainer.Reference;
using LoraLint.Trainer.Engines.Torch;

namespace LoraLint.Tests.Trainer.Engines.Torch;

/// <summary>The TorchSharp engine beside the float64 reference of tests/reference, with the tolerances of the managed engine.</summary>
[Collection("torch")]
public sealed class TorchEngineReferenceTests
{
    public static TheoryData<string> AllCases => [.. ReferenceCase.Names];

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Logits_losses_gradients_and_twenty_steps_agree_with_the_reference(string name)
    {
        Assert.Empty(Compare(name));
    }

    [Theory]
    [MemberData(nameof(AllCases))]
    public void Computing_activations_again_changes_nothing(string name)
    {
        Assert.Empty(Compare(name, recomputes: true));
    }

    [Theory]
    [InlineData(1.01, 1, 1)]
    [InlineData(1, 1.01, 1)]
    [InlineData(1, 1, 1.01)]
    public void An_alpha_a_learning_rate_or_a_rope_base_that_is_off_by_a_hundredth_is_seen(double alpha, double rate, double ropeBase)
    {
        Assert.NotEmpty(Compare("llama-lora", fault: new PlantedFault(Alpha: alpha, LearningRate: rate, RopeBase: ropeBase)));
    }

    private static IReadOnlyList<string> Compare(string name, bool recomputes = false, PlantedFault? fault = null)
    {
        using var reference = ReferenceCase.Open(name);
        return new EngineComparison(reference, (model, weights, plan, options) => new TorchEngine(model, weights, plan, options))
            .Run(threads: 2, recomputes, fault);
    }
}
