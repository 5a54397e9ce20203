using LoraLint.Advisor.Advice.Ranks;
using LoraLint.Advisor.Commands;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Tests.Advice.Ranks;

public sealed class ParameterBudgetTests
{
    private const string Llama2 = "meta-llama/Llama-2-7b-hf", Llama3 = "meta-llama/Llama-3.1-8B", Small = "meta-llama/Llama-3.2-1B";
    private const string All = "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj";

    // The examples of the method: 10M parameters.
    [Theory]
    [InlineData(Llama2, "q_proj,v_proj", 524_288, 19, 16)]
    [InlineData(Llama2, All, 2_498_560, 4, 4)]
    [InlineData(Llama3, "q_proj,v_proj", 425_984, 23, 16)]
    [InlineData(Llama3, All, 2_621_440, 3, 3)]
    public void Ten_million_parameters_allow_a_rank(string model, string modules, long perRank, long largest, long rank)
    {
        var solved = Solve(model, modules, 10_000_000);
        Assert.Equal((0L, perRank, largest, rank), (solved.Fixed, solved.PerRank, solved.Largest, solved.Rank));
    }

    [Fact]
    public void What_is_trained_whatever_the_rank_is_taken_off_first()
    {
        // DoRA: a magnitude for each output. 32 layers of 4096 + 1024 + 1024 + 4096 + 2 * 14336 + 4096 outputs.
        var dora = Solve(Llama3, All, 30_000_000, r => r with { UseDora = true });
        Assert.Equal((32 * 43_008L, 10L, 8L), (dora.Fixed, dora.Largest, dora.Rank));
        // A module trained in full, a copy of it.
        var head = Solve(Llama3, All, 1_000_000_000, r => r with { Targets = r.Targets with { ModulesToSave = ["lm_head"] } });
        Assert.Equal(128_256L * 4096, head.Fixed);
        Assert.Equal((1_000_000_000 - (128_256L * 4096)) / 2_621_440, head.Largest);
        // A module with a rank of its own.
        var own = Solve(Llama3, All, 30_000_000, r => r with { RankPattern = new Dictionary<string, double> { ["q_proj"] = 64 } });
        Assert.Equal((32 * 64 * 8192L, 2_621_440 - (32 * 8192L)), (own.Fixed, own.PerRank));
    }

    [Fact]
    public void Both_copies_of_a_tied_embedding_count()
    {
        var tied = ModelCatalog.Find(Small)!;
        Assert.True(tied.Shape.TiesEmbeddings);
        var solved = Solve(
            Small, All, 1_000_000_000, r => r with { Targets = r.Targets with { ModulesToSave = ["embed_tokens", "lm_head"] } });
        Assert.Equal(2 * 128_256L * 2048, solved.Fixed);
    }

    [Fact]
    public void The_largest_rank_is_within_the_budget_and_one_more_is_not()
    {
        var random = new Random(4);
        foreach (var model in new[] { Llama2, Llama3, Small, "Qwen/Qwen3-8B", "google/gemma-2-9b", "microsoft/phi-4", "gpt2" })
        {
            var found = ModelCatalog.Find(model);
            Assert.NotNull(found);
            for (var round = 0; round < 20; round++)
            {
                var request = new AdapterRequest { TargetsAllLinear = true, UseDora = round % 2 == 0 };
                var budget = (long)Math.Pow(10, 6 + (4 * random.NextDouble()));
                var solved = ParameterBudget.Solve(found.Shape, request, budget)!;
                Assert.InRange(solved.Rank, 0, solved.Largest);
                Assert.True(solved.Largest == 0 || TrainedAt(solved.Largest) <= budget);
                Assert.True(TrainedAt(solved.Largest + 1) > budget || solved.Largest == Narrowest());
                if (solved.Largest > 0)
                    Assert.Equal(TrainedAt(solved.Largest), solved.TrainableAt(solved.Largest));

                long TrainedAt(long rank) => AdapterShape.Find(found.Shape, request with { Rank = rank })!.Trainable;

                long Narrowest() => AdapterShape.Find(found.Shape, request with { Rank = 1 })!.Modules.Min(m => m.Module.LargestRank);
            }
        }
    }

    [Fact]
    public void A_rank_that_every_module_has_of_its_own_solves_nothing() => Assert.Null(ParameterBudget.Solve(
        ModelCatalog.Find(Llama3)!.Shape,
        new AdapterRequest { TargetsAllLinear = true, RankPattern = new Dictionary<string, double> { [".*proj"] = 4 } },
        1 << 24));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 3)]
    [InlineData(4, 4)]
    [InlineData(7, 4)]
    [InlineData(15, 12)]
    [InlineData(16, 16)]
    [InlineData(23, 16)]
    [InlineData(130, 128)]
    public void Ranks_are_rounded_down(long rank, long rounded) => Assert.Equal(rounded, ParameterBudget.RoundDown(rank));

    [Theory]
    [InlineData("10M", 10_000_000)]
    [InlineData("10m", 10_000_000)]
    [InlineData("1.5B", 1_500_000_000)]
    [InlineData("800k", 800_000)]
    [InlineData("0.1M", 100_000)]
    [InlineData("123456", 123_456)]
    [InlineData("10,000,000", 10_000_000)]
    [InlineData("1e7", 10_000_000)]
    [InlineData("0.5%", 40_000_000)]
    [InlineData("0.5 %", 40_000_000)]
    [InlineData(" 2 M ", 2_000_000)]
    public void Budgets_are_read(string text, long budget) => Assert.Equal(budget, BudgetOption.Parse(text, 8_000_000_000));

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("%")]
    [InlineData("-5M")]
    [InlineData("0")]
    [InlineData("0.1")]
    [InlineData("ten")]
    [InlineData("10MM")]
    [InlineData("10T")]
    [InlineData("nan")]
    [InlineData("1e99")]
    [InlineData("∞")]
    [InlineData("10 20")]
    public void What_is_no_budget_is_refused(string text)
    {
        var mistake = Assert.Throws<UserMistakeException>(() => BudgetOption.Parse(text, 8_000_000_000));
        Assert.StartsWith($"--budget {text}: write a number of parameters", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_share_of_an_unknown_model_is_refused() =>
        Assert.Contains(
            "--model", Assert.Throws<UserMistakeException>(() => BudgetOption.Parse("1%", null)).Message, StringComparison.Ordinal);

    private static ParameterBudget Solve(string model, string modules, long budget, Func<AdapterRequest, AdapterRequest>? change = null)
    {
        var request = new AdapterRequest { Targets = new PeftTargets { Names = modules.Split(',') } };
        return ParameterBudget.Solve(ModelCatalog.Find(model)!.Shape, change is null ? request : change(request), budget)!;
    }
}
