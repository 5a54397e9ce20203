using LoraLint.Rules.Runs;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Models.Initialisation;

namespace LoraLint.Tests.Trainer.Models;

public sealed class AdapterInitialisationTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly ModelFolder _model;

    public AdapterInitialisationTests() => _model = ModelFolder.Open(TinyModel.Write(_folder.PathTo("model"), TinyModel.Config(change: c =>
    {
        c["hidden_size"] = 64;
        c["intermediate_size"] = 96;
        c["head_dim"] = 16;
    })));

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Kaiming_is_uniform_within_one_over_the_root_of_the_inputs_and_B_is_zero()
    {
        using var initial = Create(LoraInit.Kaiming, 16);
        foreach (var (name, module) in initial.Modules)
        {
            var bound = 1 / MathF.Sqrt(initial.Plan.Modules.Single(m => m.Name == name).InFeatures);
            Assert.All(module.A, v => Assert.InRange(v, -bound, bound));
            // A uniform's deviation is bound / sqrt(3).
            Assert.InRange(Deviation(module.A), 0.93 * bound / Math.Sqrt(3), 1.07 * bound / Math.Sqrt(3));
            Assert.All(module.B, v => Assert.Equal(0, v));
        }

        Assert.False(initial.ChangesBase);
    }

    [Fact]
    public void Gaussian_has_the_deviation_one_over_rank()
    {
        using var initial = Create(LoraInit.Gaussian, 16);
        Assert.All(initial.Modules.Values, m => Assert.InRange(Deviation(m.A), 0.9 / 16, 1.1 / 16));
    }

    [Theory]
    [InlineData(LoraInit.Kaiming)]
    [InlineData(LoraInit.Gaussian)]
    [InlineData(LoraInit.Pissa)]
    [InlineData(LoraInit.Olora)]
    public void The_embedding_starts_with_a_zero_A_and_a_standard_normal_B_on_the_unchanged_base(LoraInit init)
    {
        var plan = AdapterPlanner.Plan(new LoraOptions { TargetModules = ["embed_tokens", "q_proj"], Rank = 16 }, _model.Config);
        using var initial = AdapterInitialisation.Create(plan, init, _model, 1);
        var (a, b) = initial.Modules[ModelLayout.Embedding];
        Assert.Equal((16 * 32, 64 * 16), (a.Length, b.Length));
        Assert.All(a, v => Assert.Equal(0, v));
        Assert.InRange(Deviation(b), 0.95, 1.05);
        Assert.Equal(TinyModel.Read(_model, "model.embed_tokens.weight"), TinyModel.Read(initial.Weights, "model.embed_tokens.weight"));
    }

    [Theory]
    [InlineData(LoraInit.Kaiming)]
    [InlineData(LoraInit.Gaussian)]
    [InlineData(LoraInit.Pissa)]
    [InlineData(LoraInit.Olora)]
    public void The_seed_decides_and_threads_do_not(LoraInit init)
    {
        using var one = Create(init, 4, threads: 1);
        using var three = Create(init, 4, threads: 3);
        using var other = Create(init, 4, seed: 2);
        var name = one.Plan.Modules[0].Name;
        Assert.Equal(one.Modules[name].A, three.Modules[name].A);
        Assert.Equal(one.Modules[name].B, three.Modules[name].B);
        Assert.Equal(TinyModel.Read(one.Weights, name + ".weight"), TinyModel.Read(three.Weights, name + ".weight"));
        if (init is LoraInit.Kaiming or LoraInit.Gaussian)
            Assert.NotEqual(one.Modules[name].A, other.Modules[name].A);
        Assert.NotEqual(one.Modules[name].A, one.Modules[one.Plan.Modules[1].Name].A);
    }

    [Theory]
    [InlineData(LoraInit.Pissa)]
    [InlineData(LoraInit.Olora)]
    public void What_leaves_the_base_is_in_the_adapter(LoraInit init)
    {
        using var initial = Create(init, 4);
        foreach (var module in initial.Plan.Modules)
        {
            var original = TinyModel.Read(_model, module.Name + ".weight");
            var residual = TinyModel.Read(initial.Weights, module.Name + ".weight");
            var sum = Add(residual, Product(module, initial.Modules[module.Name]));
            Assert.All(original.Zip(sum), p => Assert.Equal(p.First, p.Second, 1e-6f));
            Assert.True(Norm([.. original.Zip(residual, (x, y) => x - y)]) > 0.1 * Norm(original));
        }
    }

    [Fact]
    public void Pissa_takes_the_largest_singular_values()
    {
        using var initial = Create(LoraInit.Pissa, 4);
        var module = initial.Plan.Modules[0];
        var weight = TinyModel.Read(_model, module.Name + ".weight");
        var values = SingularValues(weight, module.OutFeatures, module.InFeatures);
        // Eckart and Young: no other matrix of rank 4 leaves less.
        var rest = Norm(TinyModel.Read(initial.Weights, module.Name + ".weight"));
        Assert.InRange(rest / Math.Sqrt(values.Skip(4).Sum(v => v * v)), 1 - 1e-4, 1 + 1e-3);
        var product = Norm(Product(module, initial.Modules[module.Name]));
        Assert.InRange(product / Math.Sqrt(values.Take(4).Sum(v => v * v)), 1 - 1e-3, 1 + 1e-4);
    }

    [Fact]
    public void Olora_has_orthonormal_columns_in_B()
    {
        using var initial = Create(LoraInit.Olora, 4);
        var module = initial.Plan.Modules[^1];
        var b = initial.Modules[module.Name].B;
        for (var i = 0; i < 4; i++)
        {
            for (var j = 0; j < 4; j++)
            {
                var dot = Enumerable.Range(0, module.OutFeatures).Sum(row => (double)b[(row * 4) + i] * b[(row * 4) + j]);
                Assert.Equal(i == j ? 1 : 0, dot, 1e-6);
            }
        }

        // R is upper triangular.
        Assert.Equal(0, initial.Modules[module.Name].A[module.InFeatures], 1e-6f);
    }

    [Theory]
    [InlineData(LoraInit.Pissa)]
    [InlineData(LoraInit.Olora)]
    public void The_saved_adapter_does_on_the_original_base_what_the_trained_one_does_on_the_rest(LoraInit init)
    {
        using var initial = Create(init, 3);
        var random = new Random(4);
        var trained = initial.Modules.ToDictionary(
            m => m.Key, m => new InitialModule(Nudge(m.Value.A, random), Nudge(m.Value.B, random)));
        var (plan, converted) = initial.ForOriginalBase(trained);
        foreach (var module in plan.Modules)
        {
            var before = initial.Plan.Modules.Single(m => m.Name == module.Name);
            Assert.Equal(2 * before.Rank, module.Rank);
            Assert.Equal(before.Scaling, module.Scaling);
            var expected = Add(TinyModel.Read(initial.Weights, module.Name + ".weight"), Product(before, trained[module.Name]));
            var actual = Add(TinyModel.Read(_model, module.Name + ".weight"), Product(module, converted[module.Name]));
            Assert.All(expected.Zip(actual), p => Assert.Equal(p.First, p.Second, 2e-6f));
        }
    }

    [Fact]
    public void A_quantized_base_is_not_changed()
    {
        var plan = Plan(2);
        var error = Assert.Throws<TrainerException>(() => AdapterInitialisation.Create(plan, LoraInit.Pissa, _model, 1, isQuantized: true));
        Assert.Contains("pissa of a quantized base", error.Message, StringComparison.Ordinal);
        AdapterInitialisation.Create(plan, LoraInit.Kaiming, _model, 1, isQuantized: true).Dispose();
    }

    [Fact]
    public void Eva_finds_the_directions_of_the_inputs_and_gives_them_the_ranks()
    {
        var plan = Plan(2);
        var eva = new EvaInitialisation(plan, seed: 1);
        for (var batch = 0; batch < 6 && !eva.HasConverged; batch++)
        {
            for (var i = 0; i < plan.Modules.Count; i++)
            {
                // Down projections vary in one direction alone; all others in three of unlike strength.
                var isDown = plan.Modules[i].Name.EndsWith("down_proj", StringComparison.Ordinal);
                var random = new CounterRandom(batch, "input");
                eva.Observe(i, 50, (row, values) =>
                {
                    values.Fill(1);
                    values[5] += 9 * (float)random.Normal(row);
                    if (isDown)
                        return;
                    values[7] += 6 * (float)random.Normal(1000 + row);
                    values[1] += 3 * (float)random.Normal(2000 + row);
                });
            }
        }

        Assert.True(eva.HasConverged);
        using var initial = eva.Finish(_model);
        Assert.Equal(plan.Modules.Sum(m => m.Rank), initial.Plan.Modules.Sum(m => m.Rank));
        Assert.All(initial.Plan.Modules, m => Assert.InRange(m.Rank, 1, 4));
        Assert.All(initial.Plan.Modules, m => Assert.Equal(plan.Modules[0].Scaling, m.Scaling));
        foreach (var module in initial.Plan.Modules)
        {
            var a = initial.Modules[module.Name].A;
            Assert.Equal(1, a[5], 0.05f);
            if (module.Rank > 1 && !module.Name.EndsWith("down_proj", StringComparison.Ordinal))
                Assert.Equal(1, a[module.InFeatures + 7], 0.05f);
            Assert.All(initial.Modules[module.Name].B, v => Assert.Equal(0, v));
        }
    }

    [Fact]
    public void Eva_without_enough_inputs_says_so()
    {
        var eva = new EvaInitialisation(Plan(8), seed: 1);
        eva.Observe(0, 3, (_, values) => values.Fill(1));
        Assert.False(eva.HasConverged);
        Assert.Contains(
            "at least 16 supervised tokens", Assert.Throws<TrainerException>(() => eva.Finish(_model)).Message, StringComparison.Ordinal);
    }

    private InitialAdapter Create(LoraInit init, int rank, long seed = 1, int threads = 2) =>
        AdapterInitialisation.Create(Plan(rank), init, _model, seed, threads: threads);

    private AdapterPlan Plan(int rank) =>
        AdapterPlanner.Plan(new LoraOptions { TargetsAllLinear = true, Rank = rank, Alpha = 2 * rank }, _model.Config);

    private static float[] Product(AdaptedModule module, InitialModule values)
    {
        var product = new float[module.OutFeatures * module.InFeatures];
        for (var i = 0; i < module.OutFeatures; i++)
        {
            for (var j = 0; j < module.InFeatures; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < module.Rank; k++)
                    sum += (double)values.B[(i * module.Rank) + k] * values.A[(k * module.InFeatures) + j];
                product[(i * module.InFeatures) + j] = (float)(module.Scaling * sum);
            }
        }

        return product;
    }

    private static double[] SingularValues(float[] weight, int rows, int columns)
    {
        var matrix = new DenseMatrix(rows, columns);
        for (var i = 0; i < weight.Length; i++)
            matrix.Values[i] = weight[i];
        return [.. matrix.RowGram().SymmetricEigen().Values.Select(v => Math.Sqrt(Math.Max(v, 0)))];
    }

    private static float[] Add(float[] a, float[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static float[] Nudge(float[] values, Random random) => [.. values.Select(v => v + (float)(random.NextDouble() - 0.5) / 10)];

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(v => (double)v * v));

    private static double Deviation(float[] values) => Math.Sqrt(values.Average(v => (double)v * v));
}
