using System.Globalization;
using LoraLint.Rules.Knowledge.Guidance;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Knowledge.Models;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>A whole run that is suggested, each value with what speaks for it.</summary>
internal sealed record Plan
{
    /// <summary>What is to be learnt.</summary>
    public required AdvisedTask Task { get; init; }

    /// <summary>The base model's name or folder.</summary>
    public required string ModelName { get; init; }

    /// <summary>The base model; null when it is not known.</summary>
    public BaseModel? Model { get; init; }

    /// <summary>The data.</summary>
    public required DataFacts Data { get; init; }

    /// <summary>The card, or null.</summary>
    public Gpu? Gpu { get; init; }

    /// <summary>Cards side by side.</summary>
    public int Gpus { get; init; } = 1;

    /// <summary>How adapters are trained.</summary>
    public required Advised<AdvisedMethod> Method { get; init; }

    /// <summary>The rank.</summary>
    public required Advised<int> Rank { get; init; }

    /// <summary>The numerator of the scaling.</summary>
    public required Advised<int> Alpha { get; init; }

    /// <summary>Whether the scaling is alpha/sqrt(r).</summary>
    public bool UseRslora { get; init; }

    /// <summary>The dropout probability.</summary>
    public required Advised<double> Dropout { get; init; }

    /// <summary>Names of target modules; null for every linear layer but the head.</summary>
    public required Advised<IReadOnlyList<string>?> TargetModules { get; init; }

    /// <summary>The peak learning rate.</summary>
    public required Advised<double> LearningRate { get; init; }

    /// <summary>cosine or constant.</summary>
    public required Advised<string> Scheduler { get; init; }

    /// <summary>The share of all steps over which the learning rate rises.</summary>
    public required Advised<double> WarmupRatio { get; init; }

    /// <summary>Passes over the data.</summary>
    public required Advised<int> Epochs { get; init; }

    /// <summary>Sequences of a step on all cards.</summary>
    public required Advised<int> Batch { get; init; }

    /// <summary>Sequences that a card takes at a time.</summary>
    public required Advised<int> MicroBatchSize { get; init; }

    /// <summary>Tokens of a sequence at most.</summary>
    public required Advised<int> MaxSequenceLength { get; init; }

    /// <summary>Whether activations are computed again.</summary>
    public required Advised<bool> GradientCheckpointing { get; init; }

    /// <summary>Weight decay.</summary>
    public required Advised<double> WeightDecay { get; init; }

    /// <summary>The norm that gradients are clipped to.</summary>
    public required Advised<double> MaxGradNorm { get; init; }

    /// <summary>Whether the optimizer's moments are in 8 bits and may lie on the host.</summary>
    public required Advised<bool> HasSmallOptimizer { get; init; }

    /// <summary>Whether it computes in bf16; else in fp16.</summary>
    public required Advised<bool> UsesBf16 { get; init; }

    /// <summary>The share of rows held out for evaluation; 0 for none.</summary>
    public required Advised<double> ValidationSplit { get; init; }

    /// <summary>Optimizer steps between evaluations, and between checkpoints.</summary>
    public required Advised<int> EvaluateEvery { get; init; }

    /// <summary>Evaluations without a lower loss after which training stops; 0 for never.</summary>
    public required Advised<int> Patience { get; init; }

    /// <summary>The seed.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>The output folder.</summary>
    public required string OutputDirectory { get; init; }

    /// <summary>What nobody said, and what was taken for it.</summary>
    public IReadOnlyList<string> Assumptions { get; init; } = [];

    /// <summary>What else could be done, and what speaks for it.</summary>
    public IReadOnlyList<Alternative> Alternatives { get; init; } = [];

    /// <summary>What the run takes of the card; null where that is not known.</summary>
    public Workload? Workload { get; init; }

    /// <summary>Micro batches of a step on each card.</summary>
    public int GradientAccumulationSteps => Math.Max(1, Batch.Value / (MicroBatchSize.Value * Gpus));

    /// <summary>What the adapter's output is multiplied by.</summary>
    public double Scaling => Alpha.Value / (UseRslora ? Math.Sqrt(Rank.Value) : Rank.Value);

    /// <summary>Why so many sequences make a step.</summary>
    public string BatchReason => string.Create(CultureInfo.InvariantCulture, $"{Batch.Value} sequences a step: {Batch.Reason}");

    /// <summary>Optimizer steps of the whole run.</summary>
    public int Steps
    {
        get
        {
            var sequences = MicroBatchSize.Value * (long)GradientAccumulationSteps * Gpus;
            var steps = Math.Ceiling(Data.Rows * (1 - ValidationSplit.Value) / sequences) * Epochs.Value;
            return (int)Math.Clamp(steps, 1, int.MaxValue);
        }
    }

    /// <summary>Steps over which the learning rate rises, for formats that count them.</summary>
    public int WarmupSteps => (int)Math.Round(WarmupRatio.Value * Steps);

    /// <summary>Whether the base is in 4 bits.</summary>
    public bool IsQuantized => Method.Value == AdvisedMethod.Qlora;

    /// <summary>Whether it is DoRA.</summary>
    public bool UsesDora => Method.Value == AdvisedMethod.Dora;

    /// <summary>Whether rows are prompts with answers, or the like: not preferences, not sampled answers.</summary>
    public bool IsSupervised => Task is not (AdvisedTask.Preference or AdvisedTask.Reinforcement);

    /// <summary>The data's path for the config; one to be filled in where there is none.</summary>
    public string DataPath => Data.Path ?? "data/train.jsonl";
}

/// <summary>Something else that could be done.</summary>
/// <param name="What">In words: <c>QLoRA</c>, <c>attention alone</c>.</param>
/// <param name="Why">What speaks for it and against it.</param>
internal sealed record Alternative(string What, string Why);
