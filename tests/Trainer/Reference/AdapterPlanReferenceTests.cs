using LoraLint.Trainer.Models;

namespace LoraLint.Tests.Trainer.Reference;

/// <summary>The planner beside what the reference's reading of PEFT finds.</summary>
public sealed class AdapterPlanReferenceTests
{
    public static TheoryData<string> Cases => [.. ReferenceCase.Names];

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_same_modules_get_adapters_of_the_same_rank_and_scaling(string name)
    {
        using var reference = ReferenceCase.Open(name);
        var plan = AdapterPlanner.Plan(reference.Lora, reference.Model.Config);
        Assert.Equal(reference.Plan.Modules, plan.Modules);
        Assert.Equal(reference.Plan.SavedModules.Order(StringComparer.Ordinal), plan.SavedModules.Order(StringComparer.Ordinal));
        Assert.Equal(reference.Plan.UseDora, plan.UseDora);
        Assert.Equal(reference.Plan.Bias, plan.Bias);
    }
}
