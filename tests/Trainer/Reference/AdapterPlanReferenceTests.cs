using LoraLint.Trainer;
using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Reference;

/// <summary>The planner beside what the reference's reading of PEFT finds.</summary>
public sealed class AdapterPlanReferenceTests
{
    // Engines train these too; the planner refuses them.
    private static readonly string[] s_refused =
    [
        "gemma2-head", "gemma2-saved-embedding", "llama-head", "llama-tied-head", "llama-tied-saved-both", "llama-tied-saved-embedding",
    ];

    public static TheoryData<string> PlannedCases => [.. ReferenceCase.Names.Except(s_refused)];

    public static TheoryData<string> RefusedCases => [.. s_refused];

    [Theory]
    [MemberData(nameof(PlannedCases))]
    public void The_same_modules_get_adapters_of_the_same_rank_and_scaling(string name)
    {
        using var reference = ReferenceCase.Open(name);
        var plan = AdapterPlanner.Plan(reference.Lora, reference.Model.Config);
        Assert.Equal(reference.Plan.Modules, plan.Modules);
        Assert.Equal(reference.Plan.SavedModules.Order(StringComparer.Ordinal), plan.SavedModules.Order(StringComparer.Ordinal));
        Assert.Equal(reference.Plan.UseDora, plan.UseDora);
        Assert.Equal(reference.Plan.Bias, plan.Bias);
    }

    [Theory]
    [MemberData(nameof(RefusedCases))]
    public void Adapters_on_the_head_and_parted_embeddings_are_refused(string name)
    {
        using var reference = ReferenceCase.Open(name);
        var refusal = Assert.Throws<TrainerException>(() => AdapterPlanner.Plan(reference.Lora, reference.Model.Config));
        Assert.Matches("not supported|share one weight", refusal.Message);
    }
}
