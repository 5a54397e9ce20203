using LoraLint.Rules.Runs;

namespace Consumer;

/// <summary>Whole runs: settings that are judged together, and by the base model's own modules.</summary>
public static class Runs
{
    private const string Llama = "meta-llama/Llama-3.1-8B";
    private const string Mixture = "Qwen/Qwen3-30B-A3B";

    public static TrainingRun ScaleIsLow { get; } = new()
    {
        Lora = new() { Rank = 16, Alpha = 1, TargetsAllLinear = true },
        Optimizer = new() { LearningRate = 2e-5 },
    };

    public static TrainingRun InitNeedsFloats { get; } = new()
    {
        Lora = new() { TargetsAllLinear = true, Init = LoraInit.Pissa },
        Quantization = new(),
    };

    public static TrainingRun PrecisionIsSlow { get; } = new()
    {
        Quantization = new(),
        Training = new() { Precision = "fp32" },
    };

    public static TrainingRun RateIsOfFullTuning { get; } = new()
    {
        Data = new() { Train = [new() { Path = "train.jsonl" }] },
        Optimizer = new() { LearningRate = 1e-6 },
    };

    public static TrainingRun RateIsHighForQlora { get; } = new() { Quantization = new(), Optimizer = new() { LearningRate = 5e-4 } };

    public static TrainingRun WarmupIsLong { get; } = new()
    {
        Optimizer = new() { WarmupSteps = 100 },
        Training = new() { MaxSteps = 50 },
    };

    public static TrainingRun OfAnotherModel { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["query_key_value"] },
    };

    public static TrainingRun OneOfAnotherModel { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["q_proj", "up_proj", "wo"] },
    };

    public static TrainingRun HoldsOthers { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["q_proj", "mlp"] },
    };

    public static TrainingRun ExpertsAreParameters { get; } = new()
    {
        BaseModel = Mixture,
        Lora = new() { TargetModules = ["q_proj", "experts.gate_up_proj"] },
    };

    public static TrainingRun RouterIsTargeted { get; } = new()
    {
        BaseModel = Mixture,
        Lora = new() { TargetModules = ["q_proj", "gate"] },
    };

    public static TrainingRun HalfOfTheExperts { get; } = new()
    {
        BaseModel = Mixture,
        Lora = new() { TargetModules = ["q_proj", "gate_proj"] },
    };

    public static TrainingRun LayerIsNotThere { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["q_proj", "up_proj"], Layers = [0, 99] },
    };

    public static TrainingRun RankExceeds { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { Rank = 2048, Alpha = 4096, TargetModules = ["q_proj", "k_proj"] },
    };

    public static TrainingRun PatternsMatchNothing { get; } = new()
    {
        BaseModel = Llama,
        Lora = new()
        {
            TargetModules = ["q_proj", "down_proj"],
            RankPattern = new Dictionary<string, int> { ["up_proj"] = 8 },
            AlphaPattern = new Dictionary<string, double> { ["up_proj"] = 8 },
        },
    };

    public static TrainingRun SavedIsNotThere { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["q_proj", "down_proj"], ModulesToSave = ["score"] },
    };

    public static TrainingRun SavedIsMany { get; } = new()
    {
        BaseModel = "Qwen/Qwen3-0.6B",
        Lora = new() { TargetModules = ["q_proj", "down_proj"], ModulesToSave = ["norm"] },
    };

    public static TrainingRun AllIsExcluded { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["q_proj", "down_proj"], ExcludeModules = ["q_proj", "down_proj"] },
    };

    public static TrainingRun SamplesAreLong { get; } = new()
    {
        BaseModel = "openai-community/gpt2",
        Lora = new() { TargetsAllLinear = true },
        Data = new() { MaxSequenceLength = 4096 },
    };

    public static TrainingRun SecretIsWritten { get; } = new() { OutputDirectory = "hf_abcdefghijklmnopqrstuvwxyz12345678" };

    public static TrainingRun FewLayers { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["model.layers.0.self_attn.o_proj", "model.layers.1.mlp.up_proj"] },
    };

    public static TrainingRun SavedIsLarge { get; } = new()
    {
        BaseModel = Llama,
        Lora = new() { TargetModules = ["q_proj", "down_proj"], ModulesToSave = ["embed_tokens", "lm_head"] },
    };
}
