using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using LoraLint.Advisor.Advice.Suggesting;
using LoraLint.Advisor.Advice.Suggesting.Writers;
using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;
using LoraLint.Tests.Support;

namespace LoraLint.Tests.Advice.Suggesting;

public sealed class SuggestedConfigTests
{
    private static readonly string[] s_models =
    [
        "meta-llama/Llama-3.2-1B", "meta-llama/Llama-3.1-8B", "Qwen/Qwen2.5-14B-Instruct", "Qwen/Qwen2.5-32B-Instruct",
        "meta-llama/Llama-3.1-70B",
    ];

    // Of other layouts: fused projections, experts, latent attention, tied small ones, and one that nobody knows.
    private static readonly string[] s_others =
    [
        "microsoft/Phi-3-mini-4k-instruct", "Qwen/Qwen3-30B-A3B", "deepseek-ai/DeepSeek-V2-Lite", "google/gemma-2-2b",
        "openai-community/gpt2", "HuggingFaceTB/SmolLM2-135M", "mistralai/Mistral-7B-v0.3", "someone/a-model-of-their-own",
    ];

    [Fact]
    public void Every_cell_of_the_advisors_table_passes_the_check_in_every_format_that_can_express_it()
    {
        long[] rows = [500, 5_000, 50_000, 200_000];
        var written = ConfigWriter.All.ToDictionary(w => w.Format, _ => 0);
        foreach (var task in Enum.GetValues<AdvisedTask>())
        {
            foreach (var (count, model) in rows.SelectMany(r => s_models.Select(m => (r, m))))
            {
                foreach (var method in Enum.GetValues<AdvisedMethod>())
                {
                    foreach (var writer in ConfigWriter.All)
                        written[writer.Format] += Try(writer, Request(task, count, model, writer.Format) with { Method = method }) ? 1 : 0;
                }
            }
        }

        // 7 tasks, 4 bands of data, 5 of models, 3 methods; torchtune has recipes for two of these models, LitGPT, Unsloth and Oumi
        // have no DoRA; Oumi and Ludwig take no plain text.
        Assert.Equal(420, written["peft"]);
        Assert.Equal(420, written["trl"]);
        Assert.Equal(420, written["ms-swift"]);
        Assert.Equal(360, written["axolotl"]);
        Assert.Equal(360, written["llama-factory"]);
        Assert.Equal(300, written["loralint"]);
        Assert.Equal(300, written["python"]);
        Assert.Equal(300, written["mlx-lm"]);
        Assert.Equal(200, written["unsloth"]);
        Assert.Equal(200, written["litgpt"]);
        Assert.Equal(120, written["torchtune"]);
        Assert.Equal(160, written["oumi"]);
        Assert.Equal(240, written["ludwig"]);
    }

    [Fact]
    public void Whatever_is_asked_for_passes_the_check_and_reads_back_as_it_was_meant()
    {
        var requests =
            from task in Gen.Elements(Enum.GetValues<AdvisedTask>())
            from rows in Gen.OneOf(Gen.Choose(1, 300), Gen.Choose(300, 20_000), Gen.Choose(20_000, 2_000_000))
            from model in Gen.Elements<string>([.. s_models, .. s_others])
            from format in Gen.Elements<string>([.. ConfigWriter.All.Select(w => w.Format)])
            from method in Gen.Elements<AdvisedMethod?>(null, AdvisedMethod.Lora, AdvisedMethod.Qlora, AdvisedMethod.Dora)
            from alpha in Gen.Elements(Enum.GetValues<AlphaSchool>())
            from modules in Gen.Elements(Enum.GetValues<ModuleStrategy>())
            from gpu in Gen.Elements<string?>(null, "t4", "rtx-4090", "a100-80gb", "8GB")
            from gpus in Gen.Elements(1, 1, 2, 8)
            from length in Gen.Elements<int?>(null, 64, 1_000, 4_096)
            from shape in Gen.Elements(RowShape.Messages, RowShape.Alpaca, RowShape.Text, RowShape.ShareGpt, RowShape.PromptCompletion)
            select Request(task, rows, model, format) with
            {
                Method = method, Alpha = alpha, Modules = modules, Gpu = gpu is null ? null : GpuCatalog.Find(gpu), Gpus = gpus,
                MaxSequenceLength = length, Data = new DataFacts("data/train.jsonl", rows, shape),
            };
        Prop.ForAll(Arb.From(requests), request => { Try(ConfigWriter.Find(request.Framework), request); }).Check(Properties.Runs(800));
    }

    [Fact]
    public void A_name_that_is_no_plain_word_is_quoted()
    {
        foreach (var name in new[] { "no", "1e3", "C:\\models\\x", "a: b", "ümläut/modell", "say \"hi\"", "- x", "0x10", "null", "#x" })
        {
            foreach (var writer in ConfigWriter.All.Where(w => w.Format is not ("torchtune" or "litgpt")))
            {
                var request = Request(AdvisedTask.Instructions, 5_000, name, writer.Format);
                if (writer.Refuses(new Planner(request).Make()) is null)
                    Assert.Equal(name, Read(writer, new Planner(request).Make()).Config.BaseModel.Or(""));
            }
        }
    }

    // 2 bits of each of 2,621,440 parameters a rank: 200 million tokens ask for rank 39.
    [Theory]
    [InlineData(null, 16, "")]
    [InlineData(1e6, 16, "")]
    [InlineData(2e8, 64, "200,000,000 tokens to be learnt ask for rank 39 at least")]
    [InlineData(1e12, 256, "ask for rank")]
    public void Data_that_tells_more_than_the_rank_holds_raises_it(double? tokens, int rank, string reason)
    {
        var request = Request(AdvisedTask.Instructions, 5_000, "meta-llama/Llama-3.1-8B", "trl");
        var plan = new Planner(request with { Data = request.Data! with { LearntTokens = tokens } }).Make();
        Assert.Equal(rank, plan.Rank.Value);
        Assert.Equal(2 * rank, plan.Alpha.Value);
        Assert.Contains(reason, plan.Rank.Reason, StringComparison.Ordinal);
        Assert.Equal(reason.Length > 0, plan.Rank.Reason.Contains("learnt", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kohya", "kohya trains models of images, for which there is no table of what to start with; there are axolotl, ")]
    [InlineData("nemo-automodel", "no config is written for nemo-automodel; there are axolotl, ")]
    public void A_format_that_nothing_is_written_for_is_refused_with_the_reason(string format, string message) => Assert.StartsWith(
        message, Assert.Throws<UserMistakeException>(() => ConfigWriter.Find(format)).Message, StringComparison.Ordinal);

    private static SuggestRequest Request(AdvisedTask task, long rows, string model, string format) => new()
    {
        Task = task,
        ModelName = model,
        Model = ModelCatalog.Find(model),
        Data = new DataFacts("data/train.jsonl", rows, task == AdvisedTask.Domain ? RowShape.Text : RowShape.Messages),
        Framework = format,
    };

    private static bool Try(ConfigWriter writer, SuggestRequest request)
    {
        var plan = new Planner(request).Make();
        if (writer.Refuses(plan) is { } why)
        {
            Assert.NotEmpty(why);
            return false;
        }

        var recognised = Read(writer, plan);
        AssertSame(writer, plan, recognised.Config);
        return true;
    }

    private static RecognisedConfig Read(ConfigWriter writer, Plan plan)
    {
        var text = writer.Write(plan);
        var name = writer.FileNameOf(plan);
        var document = ConfigReader.Read(new DecodedText(text, false), name, ConfigReader.LanguageOf(name)!.Value);
        var result = Linter.Check(document, new LintOptions(), new DataIsThere());
        var findings = string.Join("; ", result.Findings.Select(f => $"{f.Rule.Name}: {f.Message}"));
        Assert.True(
            result.Findings.All(f => f.Severity < Severity.Warning), $"{writer.Format} {plan.ModelName} {plan.Task}: {findings}\n{text}");
        var config = Assert.Single(result.Configs);
        Assert.Equal(writer.Format, config.Format.Name);
        return config;
    }

    private static void AssertSame(ConfigWriter writer, Plan plan, TrainingConfig config)
    {
        var lacks = writer.Lacks(plan);
        Same("base_model", config.BaseModel, plan.ModelName);
        Same("method", config.Method, plan.Method.Value switch
        {
            AdvisedMethod.Qlora => TuningMethod.Qlora, AdvisedMethod.Dora => TuningMethod.Dora, _ => TuningMethod.Lora,
        });
        Same("rank", config.Rank, plan.Rank.Value);
        Same("alpha", config.Alpha, plan.Alpha.Value);
        Same("scaling", config.Scaling, plan.Alpha.Value / (plan.UseRslora ? Math.Sqrt(plan.Rank.Value) : plan.Rank.Value));
        Same("dropout", config.Dropout, plan.Dropout.Value);
        Same("learning_rate", config.LearningRate, plan.LearningRate.Value);
        Same("lr_scheduler", config.LrScheduler.Select(s => s.Contains("cosine") ? "cosine" : s), plan.Scheduler.Value);
        Same("weight_decay", config.WeightDecay, plan.WeightDecay.Value);
        Same("max_grad_norm", config.MaxGradNorm, plan.MaxGradNorm.Value);
        Same("epochs", config.Epochs, plan.Epochs.Value);
        Same("micro_batch_size", config.MicroBatchSize, plan.MicroBatchSize.Value);
        Same("gradient_accumulation_steps", config.GradientAccumulationSteps, plan.GradientAccumulationSteps);
        Same("quantization_bits", config.QuantizationBits, plan.IsQuantized ? 4 : 16);
        Same("max_sequence_length", config.MaxSequenceLength, plan.MaxSequenceLength.Value);
        Same("gradient_checkpointing", config.GradientCheckpointing, plan.GradientCheckpointing.Value);
        Same("seed", config.Seed, plan.Seed);
        Same("validation_split", config.ValidationSplit, plan.ValidationSplit.Value);
        Same("output_dir", config.OutputDir, plan.OutputDirectory);
        if (plan.Patience.Value > 0)
            Same("early_stopping_patience", config.EarlyStoppingPatience, plan.Patience.Value);
        if (!lacks.Contains("target_modules") && plan.TargetModules.Value is { } names)
        {
            // By names, by what switches stand for, or one name as a pattern.
            var modules = config.TargetModules.Or(ModuleSelection.AllLinear());
            Assert.True(
                modules.Names.SequenceEqual(names) || (modules.Pattern?.EndsWith(names[0], StringComparison.Ordinal) ?? false)
                || (writer.Format == "litgpt" && modules.RolesAreKnown && !modules.IsAllLinear),
                $"{writer.Format}: {modules}");
        }

        if (!lacks.Contains("warmup"))
        {
            var warmup = config.Warmup.Or(new Warmup(-1, WarmupUnit.Steps));
            Assert.Equal(warmup.Unit == WarmupUnit.Ratio ? plan.WarmupRatio.Value : plan.WarmupSteps, warmup.Amount, 9);
        }

        void Same<T>(string name, Setting<T> setting, T expected)
        {
            if (lacks.Contains(name))
                return;
            Assert.True(setting.TryGet(out var found), $"{writer.Format}: {name} is not known");
            var isSame = expected is double number ? Math.Abs(number - Convert.ToDouble(found, CultureInfo.InvariantCulture)) <= 1e-9
                : Equals(expected, found);
            Assert.True(isSame, $"{writer.Format}: {name} is {found} in place of {expected}");
        }
    }

    private sealed class DataIsThere : ICompanionFiles
    {
        public ConfigDocument? Open(string path) => null;

        public bool? Exists(string path) => true;

        public IReadOnlyList<string>? TensorsOf(string path) => null;

        public IReadOnlyList<string> FoldersIn(string path) => [];

        public long? CountRows(string path) => null;

        public SourceText? PointAt(string path) => null;

        public IEnumerable<ConfigDocument> OpenNeighbours() => [];

        public IReadOnlyList<string>? ColumnsOf(string path) => null;

        public double? LearntTokensOf(string path) => null;

        public Requirement? FindRequirement(string package) => null;

        public ModelLookup FindModel(string name) => ModelLookup.InCatalog(name);
    }
}
