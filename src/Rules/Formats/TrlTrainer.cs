using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Formats;

/// <summary>
/// Which of TRL's trainers a config is for, as far as its keys or its recipe's name tell, with the defaults that differ between them
/// (trl/trainer/*_config.py, trl/experimental/*/*_config.py at the commit of <see cref="TrlFormat"/>).
/// </summary>
internal sealed class TrlTrainer
{
    private static readonly TrlTrainer s_unknown = new(TrainingTask.Unknown, null, null);
    private static readonly TrlTrainer s_sft = new(TrainingTask.SupervisedFineTuning, 2e-5, 1024);
    private static readonly TrlTrainer s_preference = new(TrainingTask.Preference, 1e-6, 1024);
    private static readonly TrlTrainer s_otherPreference = new(TrainingTask.Preference, null, null);
    private static readonly TrlTrainer s_policy = new(TrainingTask.Reinforcement, 1e-6, null);
    private static readonly TrlTrainer s_otherPolicy = new(TrainingTask.Reinforcement, null, null);
    private static readonly TrlTrainer s_ppo = new(TrainingTask.Reinforcement, 3e-6, null);
    private static readonly TrlTrainer s_reward = new(TrainingTask.Reward, 1e-4, 1024);

    private static readonly string[] s_sftKeys =
        ["packing", "max_seq_length", "dataset_text_field", "completion_only_loss", "assistant_only_loss", "packing_strategy"];

    private TrlTrainer(TrainingTask task, double? learningRate, double? maxLength)
    {
        Task = task;
        LearningRate = learningRate;
        MaxLength = maxLength;
    }

    /// <summary>What it trains for.</summary>
    public TrainingTask Task { get; }

    /// <summary>Its default learning rate; null when not known.</summary>
    public double? LearningRate { get; }

    /// <summary>Its default max_length in tokens; null when it has none or it is not known.</summary>
    public double? MaxLength { get; }

    /// <summary>The trainer for a config.</summary>
    public static TrlTrainer Of(SettingReader read)
    {
        if (read.HasAny("reward_funcs", "num_generations"))
            return s_policy;
        if (read.HasAny("desirable_weight", "undesirable_weight", "precompute_ref_log_probs", "cpo_alpha", "rpo_alpha"))
            return s_preference;
        if (read.HasAny("center_rewards_coefficient"))
            return s_reward;
        if (ByName(read.Path) is { } named)
            return named;
        if (read.Has("beta"))
        {
            var isDpo = read.Text("loss_type").Or("") is "sigmoid" or "hinge" or "ipo" or "apo_zero" or "apo_down";
            return isDpo ? s_preference : s_otherPreference;
        }

        if (read.HasAny(s_sftKeys))
            return s_sft;
        return read.Text("lora_task_type").Or("") == "SEQ_CLS" ? s_reward : s_unknown;
    }

    /// <summary>The trainer for the classes that a script names: that of the arguments, else that of the trainer.</summary>
    public static TrlTrainer OfCall(string arguments, string trainer)
    {
        var name = arguments is "" or "TrainingArguments" or "Seq2SeqTrainingArguments" or "UnslothTrainingArguments" ? trainer : arguments;
        return name.Replace("Config", "").Replace("Trainer", "") switch
        {
            "SFT" or "GKD" or "Unsloth" => s_sft,
            "DPO" or "KTO" => s_preference,
            "ORPO" or "CPO" or "SimPO" or "BCO" => s_otherPreference,
            "GRPO" or "RLOO" => s_policy,
            "PPO" => s_ppo,
            "OnlineDPO" or "NashMD" or "XPO" => s_otherPolicy,
            "Reward" => s_reward,
            _ => s_unknown,
        };
    }

    // recipes/zephyr-7b-beta/dpo/config_qlora.yaml: the file's own name, then that of its folder; nothing further up.
    private static TrlTrainer? ByName(string path)
    {
        var parts = path.Split('/');
        for (var i = parts.Length - 1; i >= Math.Max(parts.Length - 2, 0); i--)
        {
            foreach (var word in parts[i].ToLowerInvariant().Split('-', '_', '.', ' '))
            {
                TrlTrainer? trainer = word switch
                {
                    "sft" => s_sft,
                    "dpo" or "kto" or "orpo" or "cpo" or "simpo" => s_preference,
                    "grpo" or "rloo" => s_policy,
                    "ppo" => s_ppo,
                    "bco" => s_otherPreference,
                    _ => null,
                };
                if (trainer is not null)
                    return trainer;
            }
        }

        return null;
    }
}
