namespace LoraLint.Rules.Knowledge.Guidance;

/// <summary>What a model is to learn. Good ranks, learning rates and lengths differ by it.</summary>
public enum AdvisedTask
{
    /// <summary>A tone or a form of answers.</summary>
    Style,

    /// <summary>Labels, or fields taken out of texts.</summary>
    Classification,

    /// <summary>Following instructions, chat.</summary>
    Instructions,

    /// <summary>A field's language and facts, from plain text or questions.</summary>
    Domain,

    /// <summary>Reasoning in several steps, code, mathematics.</summary>
    Reasoning,

    /// <summary>Preferences between answers (DPO and its kin).</summary>
    Preference,

    /// <summary>Reinforcement learning (GRPO, PPO).</summary>
    Reinforcement,
}

/// <summary>How adapters are trained.</summary>
public enum AdvisedMethod
{
    /// <summary>LoRA on a base in 16 bits.</summary>
    Lora,

    /// <summary>LoRA on a base in 4 bits.</summary>
    Qlora,

    /// <summary>DoRA on a base in 16 bits.</summary>
    Dora,
}
