using LoraLint.Rules.Checks;

namespace LoraLint.Rules.Linting;

/// <summary>Every rule, in the order of the codes. Adding a rule is adding a line here.</summary>
public static class RuleCatalog
{
    private static readonly Lazy<Dictionary<string, RuleInfo>> s_byName = new(() =>
    {
        var byName = new Dictionary<string, RuleInfo>(StringComparer.OrdinalIgnoreCase);
        foreach (var info in Infos!)
        {
            byName.Add(info.Name, info);
            byName.Add(info.Code, info);
        }

        return byName;
    });

    /// <summary>The rules that look at configs.</summary>
    public static IReadOnlyList<Rule> Rules { get; } =
    [
        // 0xx: reading, keys and values
        new DuplicateKey(),
        new UnknownKey(),
        new CrossFrameworkKey(),
        new RenamedKey(),
        new ValueTypeMismatch(),
        new ValueNotInSet(),
        new YamlFloatAsString(),
        new YamlBoolTrap(),
        new YamlNoneString(),
        new YamlOctalOrSexagesimal(),
        // 1xx: rank, alpha, dropout, modules, layers, initialisation, bias
        new RankNotPositive(),
        new RankNotInteger(),
        new RankOutsideUsualRange(),
        new AlphaBelowRank(),
        new AlphaNotTwiceRank(),
        new AlphaNotSet(),
        new AlphaNotPositive(),
        new ScaleTooLow(),
        new ScaleTooHigh(),
        new RsloraAlphaNotRescaled(),
        new DropoutOutOfRange(),
        new DropoutAgainstDatasetSize(),
        new DropoutHigh(),
        new HighRankWithHighDropout(),
        new DropoutWithTargetParameters(),
        new DropoutDisablesKernels(),
        new TargetModulesBareString(),
        new TargetModulesCommaString(),
        new TargetModulesRegexInList(),
        new AllLinearInsideList(),
        new AttentionOnlyTargets(),
        new ModulesTooWideForRank(),
        new TargetModulesEmpty(),
        new TargetAndSaveOverlap(),
        new LmHeadTargeted(),
        new LayersWithStringTarget(),
        new LayersPatternWithoutLayers(),
        new LayersPatternIsModuleName(),
        new LayerIndexNegative(),
        new LayersEmptyList(),
        new LayersWrongType(),
        new TargetModulesGlob(),
        new InitUnknownValue(),
        new InitFalse(),
        new InitLoftqMisconfigured(),
        new InitConfigIgnored(),
        new InitNeedsFloatWeights(),
        new BiasInvalidValue(),
        new BiasNotNone(),
        new PatternKeyBareAnchor(),
        new TaskTypeInvalid(),
        new RankPatternBadValue(),
        new TargetParametersNotList(),
        new LoraBiasUnsupported(),
        new PeftConfigTypeProblem(),
        new TargetModulesNoMatch(),
        new TargetModulesPartialMiss(),
        new TargetModulesWithoutDefault(),
        new TargetModuleUnsupported(),
        new MoeExpertsNeedTargetParameters(),
        new MoeRouterTargeted(),
        new LayersOutOfRange(),
        new RankExceedsLayer(),
        new RankPatternNoMatch(),
        new AlphaPatternNoMatch(),
        new ModulesToSaveNoMatch(),
        new ModulesToSaveSuffixCollision(),
        new ExcludeModulesNoMatch(),
        new TiedEmbeddingsWithoutWeightTying(),
        new FanInFanOutMismatch(),
        new WeightTyingWithoutTarget(),
        new MoeExpertsHalfNamed(),
        // 2xx: quantization and precision
        new QuantBothBits(),
        new QuantWithoutAdapter(),
        new Fp4Quantization(),
        new BnbComputeDtypeFp32(),
        new Fp16AndBf16(),
        new DoubleQuantizationOff(),
        new QuantTypeInvalid(),
        new LitgptQuantMixedPrecision(),
        new KohyaFullPrecisionMismatch(),
        new RequantizePrequantized(),
        new DoraOnPtqBase(),
        // 3xx: learning rate, schedule, batch, evaluation
        new LrTooLowForLora(),
        new LrTooHighForLora(),
        new LrHighForQlora(),
        new LrNotPositive(),
        new WarmupBothSet(),
        new WarmupRatioOutOfRange(),
        new WarmupExceedsTraining(),
        new PlateauSchedulerWithoutEval(),
        new LoadBestStrategyMismatch(),
        new LoadBestSaveStepsNotMultiple(),
        new EarlyStoppingWithoutEval(),
        new EvalWithoutEvalData(),
        new StepsWithOtherStrategy(),
        new MaxStepsOverridesEpochs(),
        new NothingToTrain(),
        new EffectiveBatchLarge(),
        new BatchFieldsInconsistent(),
        new LongTrainingWithoutEvaluation(),
        new SaveOnlyModelWithResume(),
        new WeightDecayHigh(),
        new OptimGaloreWithLora(),
        new LoraplusConflict(),
        // 4xx: data, tokens, sequence
        new PackingWithoutFlashAttention(),
        new PackingIncompatible(),
        new ValSplitConflict(),
        new DatasetFileMissing(),
        new StreamingWithoutMaxSteps(),
        new MaskHistoryTrainOnPrompt(),
        new SeqExceedsContext(),
        // 5xx: distributed
        new DeepspeedAndFsdp(),
        new Zero3NonReentrant(),
        new Fsdp8bit(),
        new FsdpQloraStorageDtype(),
        new DsValueMismatch(),
        new DeepspeedFileMissing(),
        new Zero3FeatureConflict(),
        new LitgptQuantMultiGpu(),
        new Optim8bitWithFsdp(),
        new ShardedQuantBackend(),
        // 6xx: memory
        new MemoryExceedsGpu(),
        // 7xx: output, merging, safety
        new MergeIntoQuantized(),
        new SecretInConfig(),
        new TrustRemoteCode(),
        // 9xx: one framework's keys
        new TrlUsePeftMissing(),
        new TrlSingleTargetModule(),
        new AxolotlLora4bitIgnored(),
        new AxolotlQloraNeeds4bit(),
        new AxolotlTargetLinearUnion(),
        new AxolotlExcludeModulesDropped(),
        new AxolotlInitFalseIgnored(),
        new AxolotlAdapterMissing(),
        new AxolotlUnfrozenWithLayers(),
        new AxolotlFsdpPrefix(),
        new ActivationOffloadingWithoutCheckpointing(),
        new LfLoraTargetAllMixed(),
        new LfJsonConfigCrash(),
        new LfPissaIgnoredWithUnsloth(),
        new LfLoraFlagOnNonLora(),
        new LfTrainKeysInExport(),
        new TorchtuneAttnModuleName(),
        new TorchtuneFp16(),
        new TorchtuneLoraOnTiedOutput(),
        new TorchtuneOutputInCheckpointDir(),
        new SeedMissing(),
        new MlxAlphaIgnored(),
        new MlxLoraParametersIncomplete(),
        new MlxTopLevelLoraKeys(),
        new MlxScheduleOverridesLr(),
        new MlxScaleHigh(),
        new MlxCommandLineOnlyKey(),
        new MlxNumLayersRange(),
        new KohyaAlphaDefaultOne(),
        new KohyaTomlSectionShadow(),
        new OumiUsePeftMissing(),
        new AutomodelModulesConflict(),
        new NemoModuleName(),
    ];

    /// <summary>What is fixed about all rules, those of the linter itself included.</summary>
    public static IReadOnlyList<RuleInfo> Infos { get; } =
        [.. EngineRules.All.Concat(Rules.Select(r => r.Info)).OrderBy(i => i.Code, StringComparer.Ordinal)];

    /// <summary>The rule with a code or name, or null.</summary>
    public static RuleInfo? Find(string codeOrName) => s_byName.Value.TryGetValue(codeOrName, out var info) ? info : null;
}
