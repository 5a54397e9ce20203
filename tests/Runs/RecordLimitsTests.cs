using System.Reflection;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Runs;
using LoraLint.Tests.Roslyn;
using LoraLint.Tests.Support;
using Microsoft.CodeAnalysis;

namespace LoraLint.Tests.Runs;

/// <summary>What a run's records refuse, and that the analyzer says the same of the code that would give it to them.</summary>
public sealed class RecordLimitsTests
{
    private static readonly Dictionary<string, Func<object>> s_illegal = new(StringComparer.Ordinal)
    {
        ["new LoraOptions { Rank = 0 }"] = () => new LoraOptions { Rank = 0 },
        ["new LoraOptions { Rank = -8 }"] = () => new LoraOptions { Rank = -8 },
        ["new LoraOptions { Rank = 2049 }"] = () => new LoraOptions { Rank = 2049 },
        ["new LoraOptions { Alpha = 0 }"] = () => new LoraOptions { Alpha = 0 },
        ["new LoraOptions { Alpha = -16 }"] = () => new LoraOptions { Alpha = -16 },
        ["new LoraOptions { Alpha = double.NaN }"] = () => new LoraOptions { Alpha = double.NaN },
        ["new LoraOptions { Alpha = double.PositiveInfinity }"] = () => new LoraOptions { Alpha = double.PositiveInfinity },
        ["new LoraOptions { Dropout = 5 }"] = () => new LoraOptions { Dropout = 5 },
        ["new LoraOptions { Dropout = 1 }"] = () => new LoraOptions { Dropout = 1 },
        ["new LoraOptions { Dropout = -0.1 }"] = () => new LoraOptions { Dropout = -0.1 },
        ["new LoraOptions { Dropout = 500 }"] = () => new LoraOptions { Dropout = 500 },
        ["new LoraOptions { Layers = [-1] }"] = () => new LoraOptions { Layers = [-1] },
        ["new LoraOptions { LastLayers = 0 }"] = () => new LoraOptions { LastLayers = 0 },
        ["new LoraOptions { RankPattern = new Dictionary<string, int> { [\"q_proj\"] = 0 } }"] =
            () => new LoraOptions { RankPattern = new Dictionary<string, int> { ["q_proj"] = 0 } },
        ["new LoraOptions { AlphaPattern = new Dictionary<string, double> { [\"q_proj\"] = -1 } }"] =
            () => new LoraOptions { AlphaPattern = new Dictionary<string, double> { ["q_proj"] = -1 } },
        ["new LoraOptions { Bias = (LoraBias)7 }"] = () => new LoraOptions { Bias = (LoraBias)7 },
        ["new LoraOptions { Init = (LoraInit)9 }"] = () => new LoraOptions { Init = (LoraInit)9 },
        ["new QuantizationOptions { Type = \"NF4\" }"] = () => new QuantizationOptions { Type = "NF4" },
        ["new OptimizerOptions { Name = \"adamw8bit\" }"] = () => new OptimizerOptions { Name = "adamw8bit" },
        ["new OptimizerOptions { Name = \"\" }"] = () => new OptimizerOptions { Name = "" },
        ["new OptimizerOptions { LearningRate = 0 }"] = () => new OptimizerOptions { LearningRate = 0 },
        ["new OptimizerOptions { LearningRate = -1e-4 }"] = () => new OptimizerOptions { LearningRate = -1e-4 },
        ["new OptimizerOptions { LoraPlusRatio = 0 }"] = () => new OptimizerOptions { LoraPlusRatio = 0 },
        ["new OptimizerOptions { Beta1 = 1 }"] = () => new OptimizerOptions { Beta1 = 1 },
        ["new OptimizerOptions { Beta2 = -0.5 }"] = () => new OptimizerOptions { Beta2 = -0.5 },
        ["new OptimizerOptions { Epsilon = 0 }"] = () => new OptimizerOptions { Epsilon = 0 },
        ["new OptimizerOptions { WeightDecay = -0.01 }"] = () => new OptimizerOptions { WeightDecay = -0.01 },
        ["new OptimizerOptions { MaxGradNorm = -1 }"] = () => new OptimizerOptions { MaxGradNorm = -1 },
        ["new OptimizerOptions { Schedule = \"polynomial\" }"] = () => new OptimizerOptions { Schedule = "polynomial" },
        ["new OptimizerOptions { WarmupRatio = 5 }"] = () => new OptimizerOptions { WarmupRatio = 5 },
        ["new OptimizerOptions { WarmupRatio = -0.1 }"] = () => new OptimizerOptions { WarmupRatio = -0.1 },
        ["new OptimizerOptions { WarmupSteps = -5 }"] = () => new OptimizerOptions { WarmupSteps = -5 },
        ["new TrainingOptions { Epochs = 0 }"] = () => new TrainingOptions { Epochs = 0 },
        ["new TrainingOptions { MaxSteps = 10, Epochs = 0 }"] = () => new TrainingOptions { MaxSteps = 10, Epochs = 0 },
        ["new TrainingOptions { MaxSteps = 0 }"] = () => new TrainingOptions { MaxSteps = 0 },
        ["new TrainingOptions { MicroBatchSize = 0 }"] = () => new TrainingOptions { MicroBatchSize = 0 },
        ["new TrainingOptions { GradientAccumulationSteps = 0 }"] = () => new TrainingOptions { GradientAccumulationSteps = 0 },
        ["new TrainingOptions { Seed = -1 }"] = () => new TrainingOptions { Seed = -1 },
        ["new TrainingOptions { Precision = \"bfloat16\" }"] = () => new TrainingOptions { Precision = "bfloat16" },
        ["new TrainingOptions { SaveLimit = 0 }"] = () => new TrainingOptions { SaveLimit = 0 },
        ["new TrainingOptions { EarlyStoppingPatience = 0 }"] = () => new TrainingOptions { EarlyStoppingPatience = 0 },
        ["new Cadence(-1)"] = () => new Cadence(-1),
        ["new Cadence(null, 1)"] = () => new Cadence(null, 1),
        ["new Cadence(10) with { Steps = -2 }"] = () => new Cadence(10) with { Steps = -2 },
        ["new DataOptions { ValidationSplit = -0.1 }"] = () => new DataOptions { ValidationSplit = -0.1 },
        ["new DataOptions { MaxSequenceLength = 0 }"] = () => new DataOptions { MaxSequenceLength = 0 },
        ["new DataSource { Format = (DataFormat)77 }"] = () => new DataSource { Format = (DataFormat)77 },
    };

    public static TheoryData<string> Codes => [.. s_illegal.Keys];

    [Theory]
    [MemberData(nameof(Codes))]
    public void What_a_record_refuses_the_analyzer_says_of_the_code_in_the_same_words(string code)
    {
        var refused = Assert.Throws<InvalidSettingException>(() => { s_illegal[code](); });
        Assert.NotNull(refused.ParamName);
        Assert.False(refused.Message.EndsWith('.'), refused.Message);
        var found = CSharpCode.Find(CSharpCode.InMethod($"var made = {code};"));
        Assert.Contains((DiagnosticSeverity.Error, refused.Message), found.Select(d => (d.Severity, d.GetMessage())));
    }

    [Fact]
    public void Every_number_and_word_of_a_record_is_among_those_that_are_refused()
    {
        var tried = s_illegal.Keys.Where(c => c.Contains('{')).Select(c => (
            Type: c.Split(' ')[1].Split('(')[0], Members: c[c.IndexOf('{')..])).ToList();
        foreach (var type in Records())
        {
            foreach (var property in type.GetProperties().Where(p => p.CanWrite && p.Name is not "Version"))
            {
                var kind = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
                var isWord = kind == typeof(string) && RunMembers.All.Any(m => m.Name == property.Name && m.Words.Count > 0);
                if (kind == typeof(int) || kind == typeof(long) || kind == typeof(double) || kind.IsEnum || isWord)
                {
                    Assert.True(
                        tried.Any(t => t.Type == type.Name && t.Members.Contains(property.Name + " = ", StringComparison.Ordinal))
                        || type == typeof(Cadence), $"{type.Name}.{property.Name} takes anything");
                }
            }
        }
    }

    [Fact]
    public void No_double_takes_what_is_not_a_number_or_infinite()
    {
        foreach (var type in Records())
        {
            foreach (var property in type.GetProperties().Where(p => p.PropertyType == typeof(double)))
            {
                foreach (var value in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity })
                {
                    var thrown = Assert.Throws<TargetInvocationException>(() => property.SetValue(Activator.CreateInstance(type), value));
                    var refused = Assert.IsType<InvalidSettingException>(thrown.InnerException);
                    Assert.Equal(property.Name, refused.ParamName);
                }
            }
        }
    }

    [Fact]
    public void No_object_or_list_is_null_that_may_not_be()
    {
        var context = new NullabilityInfoContext();
        var tried = 0;
        foreach (var type in Records())
        {
            foreach (var property in type.GetProperties().Where(p => p.CanWrite && !p.PropertyType.IsValueType))
            {
                if (context.Create(property).WriteState == NullabilityState.Nullable)
                    continue;
                var made = type == typeof(Cadence) ? Cadence.Never : Activator.CreateInstance(type);
                var thrown = Assert.Throws<TargetInvocationException>(() => property.SetValue(made, null));
                Assert.Equal(property.Name, Assert.IsType<ArgumentNullException>(thrown.InnerException).ParamName);
                tried++;
            }
        }

        Assert.True(tried > 15, $"{tried} tried");
    }

    [Fact]
    public void The_ends_of_the_ranges_are_taken()
    {
        _ = new LoraOptions { Rank = 1, Alpha = 1e-30, Dropout = 0, Layers = [], LastLayers = 1 };
        _ = new LoraOptions { Rank = LoraOptions.LargestRank, Alpha = 1e300, Dropout = 0.999, Layers = [0] };
        _ = new OptimizerOptions { Beta1 = 0, Beta2 = 0, WeightDecay = 0, MaxGradNorm = 0, WarmupRatio = 1, WarmupSteps = 0 };
        _ = new TrainingOptions { Epochs = 0.01, MaxSteps = 1, Seed = 0, Evaluate = new Cadence(0), Save = new Cadence(null, 0.999) };
        _ = new DataOptions { ValidationSplit = 0, MaxSequenceLength = 1 };
    }

    [Fact]
    public void The_ranges_are_those_of_the_run_formats_schema()
    {
        var schema = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Repository.PathTo("schemas/loralint.schema.json"))).RootElement;
        var compared = 0;
        foreach (var member in RunMembers.All.Where(m => m is { Key: not null, Range: not null }))
        {
            var key = member.Key!.Split('.').Aggregate(schema, (at, name) => at.GetProperty("properties").GetProperty(name));
            var least = Number(key, "exclusiveMinimum") ?? Number(key, "minimum");
            Assert.True(least == member.Range!.Least, $"{member.Key}: {least}");
            Assert.Equal(Number(key, "exclusiveMinimum") is not null, member.Range.ExcludesLeast);
            Assert.Equal(key.GetProperty("type").GetString() == "integer", member.Range.IsWhole);
            // A warmup of all steps is a mistake that the schema refuses, and yet a schedule.
            if (member.Key != "training.warmup_ratio")
            {
                Assert.Equal(Number(key, "exclusiveMaximum") is not null, member.Range.ExcludesMost);
                if ((Number(key, "exclusiveMaximum") ?? Number(key, "maximum")) is { } most)
                    Assert.Equal(most, member.Range.Most);
                else
                    Assert.True(member.Range.Most >= int.MaxValue);
            }

            compared++;
        }

        Assert.True(compared >= 20, $"{compared} compared");
    }

    [Fact]
    public void A_run_file_with_a_number_out_of_range_is_told_of_as_the_record_tells_it()
    {
        const string Text = """
            {"loralint": 1, "base_model": "m", "data": {"train": "t.jsonl", "max_sequence_length": 0}, "adapter": {"rank": 4096},
             "training": {"micro_batch_size": 0, "beta1": 1, "max_steps": 0}}
            """;
        var found = Lint.Check(Text, "run.json").Findings.Where(f => f.Rule.Code == "LL020").Select(f => f.Message).ToList();
        Assert.Equal(5, found.Count);
        Assert.Contains("adapter.rank 4096 is out of range: it has to be a whole number from 1 to 2048", found);
        Assert.Contains("training.beta1 1 is out of range: it has to be a number of at least 0 and below 1", found);
    }

    private static double? Number(System.Text.Json.JsonElement key, string name) =>
        key.TryGetProperty(name, out var value) ? value.GetDouble() : null;

    private static IEnumerable<Type> Records() => RunMembers.Records.Select(
        name => typeof(TrainingRun).Assembly.GetType($"{RunMembers.Namespace}.{name}", throwOnError: true)!);
}
