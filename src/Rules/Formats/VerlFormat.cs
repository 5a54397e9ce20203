using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// verl's YAML, which Hydra composes: a run of reinforcement learning, its supervised trainer's file, one piece of either (a config
/// group), and EasyR1's file, a verl with other names. The adapter: verl/workers/config/model.py, verl/workers/fsdp_workers.py and, in
/// hiyouga/EasyR1@b44b3119, verl/workers/fsdp_workers.py. A file is composed with others, so nothing but the adapter's defaults is
/// filled in. Rank 0 trains all weights.
/// </summary>
public sealed class VerlFormat : ConfigFormat
{
    private const string Actor = "actor_rollout_ref.actor.";

    /// <inheritdoc/>
    public override string Name => "verl";

    /// <inheritdoc/>
    public override string Title => "verl";

    /// <inheritdoc/>
    public override string Upstream => "volcengine/verl@b178a3cd (2026-01-29)";

    /// <inheritdoc/>
    public override ScalarDialect YamlDialect => ScalarDialect.PyYamlWithFloats;

    /// <inheritdoc/>
    public override int Recognise(ConfigNode root, string path)
    {
        if (root.Find("actor_rollout_ref") is { Value.IsMapping: true } || root.FindPath("worker.actor.model") is not null)
            return 93;
        if (root.Find("_target_") is { Value: { IsScalar: true } target } && target.Text.StartsWith("verl.", StringComparison.Ordinal))
            return 93;
        return root.FindPath("model.partial_pretrain") is not null && root.FindPath("data.train_files") is not null ? 92 : 0;
    }

    /// <inheritdoc/>
    public override TrainingConfig Map(SettingReader read)
    {
        var layout = LayoutOf(read);
        var model = layout switch
        {
            Layout.Reinforcement => "actor_rollout_ref.model.", Layout.EasyR1 => "worker.actor.model.", Layout.Model => "", _ => "model.",
        };
        var baseModel = read.FirstOf(k => read.Text(k), model + "path", model + "model_path", model + "partial_pretrain");
        var nested = read.Number(model + "lora.rank");
        var isNested = nested.IsWritten && nested.Or(1) != 0;
        var rank = isNested ? nested : read.Number(model + "lora_rank", 0);
        if (rank.Or(1) == 0)
        {
            return new TrainingConfig
            {
                ConcernsLora = false, Method = rank.Select(_ => TuningMethod.Full), BaseModel = baseModel,
            };
        }

        var alpha = isNested ? read.Number(model + "lora.alpha", layout == Layout.EasyR1 ? 64 : 32)
            : read.Number(model + "lora_alpha", 16);
        // Training goes on with the adapter of the path and what its own config says.
        var isGiven = read.Has(model + "lora_adapter_path") || read.Has(model + "lora.adapter_path");
        Setting<T> Own<T>(Setting<T> setting) => isGiven ? setting.AsUnknown() : setting;
        return Run(read, layout, new TrainingConfig
        {
            Method = isNested ? MethodOf(read.Text(model + "lora.type", "lora")) : rank.Derive(_ => TuningMethod.Lora),
            BaseModel = baseModel,
            Rank = Own(rank),
            Alpha = Own(alpha),
            Scaling = Own(TrainingConfig.ScalingOf(rank, alpha, Setting<bool>.Absent())),
            // The FSDP workers pass PEFT no dropout; Megatron Bridge has a key for it.
            Dropout = Own(isNested && layout != Layout.EasyR1 ? read.Number(model + "lora.dropout", 0) : Setting<double>.Default(0, "")),
            TargetModules = Own(isNested ? OfNested(read, layout, model + "lora.target_modules")
                : read.Read(
                    model + "target_modules", Setting<ModuleSelection>.Default(ModuleSelection.AllLinear(), model + "target_modules"),
                    read.TryModules)),
            GradientCheckpointing = read.Bool(model + "enable_gradient_checkpointing"),
        });
    }

    private static TrainingConfig Run(SettingReader read, Layout layout, TrainingConfig adapter)
    {
        var isSft = layout == Layout.Supervised;
        var optim = layout switch
        {
            Layout.Reinforcement => Actor + "optim.", Layout.EasyR1 => "worker.actor.optim.", _ => "optim.",
        };
        var saves = read.Number("trainer.save_freq");
        var tests = read.FirstOf(k => read.Number(k), "trainer.test_freq", "trainer.val_freq");
        return new TrainingConfig
        {
            Method = adapter.Method,
            Task = isSft ? TrainingTask.SupervisedFineTuning
                : layout == Layout.Model ? TrainingTask.Unknown : TrainingTask.Reinforcement,
            BaseModel = adapter.BaseModel,
            Rank = adapter.Rank,
            Alpha = adapter.Alpha,
            Scaling = adapter.Scaling,
            Dropout = adapter.Dropout,
            TargetModules = adapter.TargetModules,
            Layers = Adapters.AllLayers,
            ModulesToSave = Setting<IReadOnlyList<string>>.Default(Adapters.None, ""),
            Bias = Adapters.NoBias,
            RankPattern = Adapters.NoPattern,
            AlphaPattern = Adapters.NoPattern,
            GradientCheckpointing = adapter.GradientCheckpointing,
            LearningRate = read.Number(optim + "lr"),
            LrScheduler = read.FirstOf(k => read.Text(k), optim + "lr_scheduler_type", optim + "lr_scheduler"),
            Warmup = WarmupOf(read, optim),
            Optimizer = read.FirstOf(k => read.Text(k), optim + "optimizer", optim + "strategy"),
            WeightDecay = read.Number(optim + "weight_decay"),
            MaxGradNorm = read.FirstOf(k => read.Number(k), optim + "clip_grad", Actor + "grad_clip", "worker.actor.max_grad_norm"),
            Epochs = read.Number("trainer.total_epochs"),
            MaxSteps = read.FirstOf(k => read.Number(k), "trainer.total_training_steps", "trainer.max_steps"),
            MicroBatchSize = read.FirstOf(
                k => read.Number(k), isSft ? "data.micro_batch_size_per_gpu" : Actor + "ppo_micro_batch_size_per_gpu",
                "worker.actor.micro_batch_size_per_device_for_update"),
            MaxSequenceLength = isSft ? read.Number("data.max_length") : PromptAndAnswer(read),
            Seed = read.FirstOf(k => read.Number(k), "trainer.seed", "data.seed"),
            Dataset = read.Texts("data.train_files"),
            EvalDataset = read.Texts("data.val_files"),
            OutputDir = read.FirstOf(k => read.Text(k), "trainer.default_local_dir", "trainer.save_checkpoint_path"),
            EvalStrategy = tests.Derive(every => every > 0 ? "steps" : "no"),
            EvalSteps = tests.Or(1) > 0 ? tests : Setting<double>.Absent(tests.Key, tests.Entry),
            SaveStrategy = saves.Derive(every => every > 0 ? "steps" : "no"),
            SaveSteps = saves.Or(1) > 0 ? saves : Setting<double>.Absent(saves.Key, saves.Entry),
        };
    }

    /// <summary>
    /// The mapping whose <c>target_modules</c> and <c>exclude_modules</c> go to PEFT (verl/workers/fsdp_workers.py:461-471), with a dot
    /// behind it; null when Megatron or EasyR1 make the adapter, or it is one that was trained before.
    /// </summary>
    internal static string? PeftModelOf(SettingReader read)
    {
        var model = LayoutOf(read) switch
        {
            Layout.Reinforcement => "actor_rollout_ref.model.", Layout.Supervised => "model.", Layout.Model => "", _ => null,
        };
        if (model is null || read.Text(Actor + "strategy").Or("fsdp") == "megatron" || read.Has(model + "lora_adapter_path"))
            return null;
        var nested = read.Number(model + "lora.rank");
        return nested.IsWritten && nested.Or(1) != 0 ? null : model;
    }

    private static Layout LayoutOf(SettingReader read)
    {
        if (read.Find("actor_rollout_ref") is not null)
            return Layout.Reinforcement;
        if (read.Find("worker") is not null)
            return Layout.EasyR1;
        if (read.Find("data") is not null)
            return Layout.Supervised;
        return read.Text("_target_").LastName().Or("") == "HFModelConfig" ? Layout.Model : Layout.Worker;
    }

    // Steps above 0 go before the share.
    private static Setting<Warmup> WarmupOf(SettingReader read, string optim)
    {
        var steps = read.Number(optim + "lr_warmup_steps");
        var share = read.FirstOf(
            k => read.Number(k), optim + "lr_warmup_steps_ratio", optim + "lr_warmup_ratio", optim + "warmup_steps_ratio");
        return steps.IsWritten && steps.Or(1) > 0 ? steps.Select(n => new Warmup(n, WarmupUnit.Steps))
            : share.Select(s => new Warmup(s, WarmupUnit.Ratio));
    }

    private static Setting<TuningMethod> MethodOf(Setting<string> type) => type.Select(t => t switch
    {
        "lora" or "vlm_lora" or "canonical_lora" => TuningMethod.Lora,
        "dora" => TuningMethod.Dora,
        _ => TuningMethod.Unknown,
    });

    // EasyR1 splits a text at its commas; Megatron's modules are its own.
    private static Setting<ModuleSelection> OfNested(SettingReader read, Layout layout, string key)
    {
        if (layout != Layout.EasyR1)
            return read.Texts(key).Select(MegatronModules.OfNames);
        return read.Names(key, ["all-linear"]).Select(names => names.Count == 1 && names[0] == "all-linear"
            ? ModuleSelection.AllLinear() : ModuleSelection.OfNames(names));
    }

    private static Setting<double> PromptAndAnswer(SettingReader read)
    {
        var answer = read.Number("data.max_response_length");
        return answer.TryGet(out var tokens) && read.Number("data.max_prompt_length").TryGet(out var prompt)
            ? answer.Derive(_ => prompt + tokens) : Setting<double>.Absent(answer.Key, answer.Entry);
    }

    private enum Layout
    {
        Reinforcement,
        Supervised,
        EasyR1,
        Model,
        Worker,
    }
}
