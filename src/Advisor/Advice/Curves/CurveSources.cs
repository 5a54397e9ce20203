using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Advice.Curves;

/// <summary>Where the advice on curves comes from.</summary>
internal static class CurveSources
{
    /// <summary>What healthy and unhealthy curves look like, in Axolotl's words.</summary>
    public static Source Axolotl(string where) => new("axolotl-ai-cloud/axolotl@067b021", "docs/training_stability.qmd: " + where);

    /// <summary>Loss spikes at rank 256 that went away with half the learning rate.</summary>
    public static Source Spikes { get; } =
        new("Biderman et al. 2024, arXiv 2405.09673", "(1e-4 at rank 256 on code, for loss spikes at 2e-4)");

    /// <summary>The highest learning rate that is stable is the best.</summary>
    public static Source StableRate { get; } =
        new("Biderman et al. 2024, arXiv 2405.09673", "section 4.7: the highest learning rate that trains stably");

    /// <summary>Clipping at 0.3.</summary>
    public static Source Clipping { get; } = new("artidoro/qlora@7f4e95a", "qlora.py: max_grad_norm 0.3");

    /// <summary>What to do against over- and underfitting.</summary>
    public static Source Unsloth(string where) => new("Unsloth, LoRA hyperparameters guide", $"({where})");

    /// <summary>A second pass over 50,000 instructions made the model worse.</summary>
    public static Source SecondEpoch { get; } =
        new("Raschka 2023, Practical Tips for Finetuning LLMs Using LoRA", "(twice the iterations on Alpaca were worse)");

    /// <summary>Ten times the learning rate of full fine-tuning, more for short runs.</summary>
    public static Source TenTimes { get; } =
        new("Thinking Machines 2025, LoRA Without Regret", "(ten times full fine-tuning's learning rate, 15 below about 100 steps)");

    /// <summary>An adapter whose capacity is used up falls behind.</summary>
    public static Source Capacity { get; } =
        new("Thinking Machines 2025, LoRA Without Regret", "(low ranks fall behind when their capacity is used up)");

    /// <summary>A statement of the documented guidance.</summary>
    public static Source Guidance(string number) => new("docs/guidance.md", number);

    /// <summary>Losses that are no numbers are logged as the mean of the others.</summary>
    public static Source NanFilter { get; } = new("huggingface/transformers", "TrainingArguments.logging_nan_inf_filter, on by default");

    /// <summary>Effective rank.</summary>
    public static Source EffectiveRank { get; } = new("Roy and Vetterli, EUSIPCO 2007", "(the effective rank)");
}
