using LoraLint.Rules.Runs;

namespace Consumer;

/// <summary>The records that the trainer takes: the adapter alone.</summary>
public static class Adapters
{
    public static LoraOptions RankIsHuge { get; } = new() { Rank = 128, Alpha = 256 };

    public static LoraOptions DropoutIsHighToo { get; } = new() { Rank = 128, Alpha = 256, Dropout = 0.1 };

    public static LoraOptions DropoutAloneIsHigh { get; } = new() { Dropout = 0.1 };

    public static LoraOptions PatternIsName { get; } = new() { TargetPattern = ".*\\.(q|up)_proj" };

    public static LoraOptions PatternIsGlob { get; } = new() { TargetPattern = ".*up_proj" };

    public static LoraOptions NamesInOneText { get; } = new() { TargetModules = ["q_proj", "up_proj"] };

    public static LoraOptions PatternInList { get; } = new() { TargetPattern = "(.*\\.)?q_proj|.*up_proj" };

    public static LoraOptions WordInList { get; } = new() { TargetsAllLinear = true };

    public static LoraOptions AttentionAlone { get; } = new() { TargetsAllLinear = true };

    public static LoraOptions RankIsSmallForAll { get; } = new() { Rank = 16, Alpha = 32, TargetsAllLinear = true };

    public static LoraOptions LayersBesidePattern { get; } = new() { TargetModules = ["q_proj", "up_proj"], Layers = [0, 1] };

    public static LoraOptions PatternWithoutLayers { get; } = new() { LayersPattern = ["layers"], Layers = [0, 1] };

    public static LoraOptions PatternIsModule { get; } =
        new() { TargetModules = ["q_proj", "up_proj"], Layers = [1] };

    public static LoraOptions LayerFromTheEnd { get; } = new() { Layers = [31] };

    public static LoraOptions NoLayers { get; } = new() { Rank = 8, Alpha = 16 };

    public static LoraOptions BiasesAreTrained { get; } = new() { Bias = LoraBias.None };

    public static LoraOptions PatternTwice { get; } =
        new() { RankPattern = new Dictionary<string, int> { ["q_proj"] = 16 } };

    public static LoraOptions PatternIsAnchored { get; } = new() { RankPattern = new Dictionary<string, int> { ["q_proj"] = 8 } };

    public static LoraOptions PatternIsZero { get; } = new() { AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 8 } };

    public static LoraOptions NameTwice { get; } = new() { TargetModules = ["q_proj", "up_proj", "v_proj"] };

    public static LoraOptions NameInFull { get; } =
        new() { TargetModules = ["up_proj", "v_proj"], Layers = [0, 1] };

    public static LoraOptions RankAlone { get; } =
        new() { Rank = 8, Alpha = 16, RankPattern = new Dictionary<string, int> { ["down_proj"] = 8 } };
}
