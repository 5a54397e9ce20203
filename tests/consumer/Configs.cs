namespace Consumer;

public static class Configs
{
    private const int Large = 60 + 4;
    private static readonly string[] s_targets = ["q_proj", "up_proj", "lm_head"];

    public static LoraConfig RankIsZero { get; } = new() { Rank = 0 };

    public static LoraConfig AlphaIsSmall { get; } = new() { Rank = Large, Alpha = 16 };

    public static LoraConfig AlphaIsOdd { get; } = new LoraConfig { Rank = 16 } with { Alpha = 40 };

    public static LoraConfig AlphaIsMissing { get; } = new()
    {
        Rank = 256,
        TargetModules = ["q_proj", "up_proj"],
    };

    public static LoraConfig AlphaIsZero { get; } = new() { Alpha = 0 };

    public static LoraConfig ScaleIsHigh { get; } = new() { Rank = 8, Alpha = 256, LearningRate = 2e-4 };

    public static LoraConfig RsloraIsNotRescaled { get; } = new() { Rank = 64, Alpha = 128, UseRslora = true };

    public static LoraConfig DropoutIsPercent { get; } = new() { Dropout = 5 };

    public static LoraConfig DropoutIsHigh { get; } = new() { Dropout = 0.4f };

    public static LoraConfig NothingIsTargeted { get; } = new() { TargetModules = [] };

    public static LoraConfig HeadIsTargeted { get; } = new() { TargetModules = s_targets };

    public static LoraConfig SavedIsTargeted { get; } =
        new() { TargetModules = ["q_proj", "up_proj", "embed_tokens"], ModulesToSave = ["embed_tokens"] };

    public static LoraConfig RateIsHigh { get; } = new() { LearningRate = 0.05 };

    public static LoraConfig RateIsZero { get; } = new() { LearningRate = 0 };

    public static SmallLoraOptions ByConstructor() => new(alpha: 8, rank: 32);

#pragma warning disable LL104 // QLoRA's own runs
    public static LoraConfig Allowed { get; } = new() { Rank = 64, Alpha = 16 };
#pragma warning restore LL104

    public static LoraConfig NotKnown(int rank, double alpha) => new() { Rank = rank, Alpha = alpha };
}
