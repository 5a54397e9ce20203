using LoraLint.Rules.Runs;

namespace Consumer;

/// <summary>The records that the trainer takes: the adapter alone.</summary>
public static class Adapters
{
    public static LoraOptions RankIsHuge { get; } = new() { Rank = 512, Alpha = 1024 };

    public static LoraOptions DropoutIsHighToo { get; } = new() { Rank = 512, Alpha = 1024, Dropout = 0.3 };

    public static LoraOptions DropoutAloneIsHigh { get; } = new() { Dropout = 0.4 };

    public static LoraOptions PatternIsName { get; } = new() { TargetPattern = "q_proj" };

    public static LoraOptions PatternIsGlob { get; } = new() { TargetPattern = "*up_proj" };

    public static LoraOptions NamesInOneText { get; } = new() { TargetModules = ["q_proj,up_proj"] };

    public static LoraOptions PatternInList { get; } = new() { TargetModules = ["q_proj", ".*up_proj"] };

    public static LoraOptions WordInList { get; } = new() { TargetModules = ["all-linear"] };

    public static LoraOptions AttentionAlone { get; } = new() { TargetModules = ["q_proj", "v_proj"] };

    public static LoraOptions RankIsSmallForAll { get; } = new() { Rank = 4, Alpha = 8, TargetsAllLinear = true };

    public static LoraOptions LayersBesidePattern { get; } = new() { TargetPattern = ".*up_proj", Layers = [0, 1] };

    public static LoraOptions PatternWithoutLayers { get; } = new() { LayersPattern = ["layers"] };

    public static LoraOptions PatternIsModule { get; } =
        new() { TargetModules = ["q_proj", "up_proj"], Layers = [1], LayersPattern = ["q_proj"] };

    public static LoraOptions LayerFromTheEnd { get; } = new() { Layers = [-1] };

    public static LoraOptions NoLayers { get; } = new() { Rank = 8, Alpha = 16, Layers = [] };

    public static LoraOptions BiasesAreTrained { get; } = new() { Bias = LoraBias.LoraOnly };

    public static LoraOptions PatternTwice { get; } =
        new() { RankPattern = new Dictionary<string, int> { ["q_proj"] = 8, ["q_proj"] = 16 } };

    public static LoraOptions PatternIsAnchored { get; } = new() { RankPattern = new Dictionary<string, int> { ["^q_proj"] = 8 } };

    public static LoraOptions PatternIsZero { get; } = new() { AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 0 } };

    public static LoraOptions NameTwice { get; } = new() { TargetModules = ["q_proj", "up_proj", "q_proj"] };

    public static LoraOptions NameInFull { get; } =
        new() { TargetModules = ["up_proj", "model.layers.5.self_attn.v_proj"], Layers = [0, 1] };

    public static LoraOptions RankAlone { get; } =
        new() { Rank = 8, Alpha = 16, RankPattern = new Dictionary<string, int> { ["down_proj"] = 64 } };
}
