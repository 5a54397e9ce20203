using System.Globalization;

namespace LoraLint.Rules.Knowledge.Guidance;

/// <summary>
/// Values to start with, by task, rows of data, size of the model and method. The tables and what changes their values are those of
/// docs/guidance.md; where sources disagree the advice names both.
/// </summary>
public static class AdvisorTable
{
    // Bands of rows: below 1,000, 10,000, 100,000, and above.
    private static readonly long[] s_rowBands = [1_000, 10_000, 100_000];

    private static readonly Dictionary<AdvisedTask, (int[] ByRows, string Source)> s_ranks = new()
    {
        [AdvisedTask.Style] =
            ([8, 8, 16, 16], "4-8 for simple patterns (guidance 2.31); Databricks: 8 was enough for product descriptions"),
        [AdvisedTask.Classification] = ([8, 8, 16, 16], "microsoft/LoRA NLU scripts: 8 for RoBERTa, 16 for DeBERTa-XXL"),
        [AdvisedTask.Instructions] =
            ([8, 16, 32, 64], "16 to 32 for most tasks (guidance 2.32, Unsloth); 114 of 178 Axolotl examples have 32; QLoRA 64"),
        [AdvisedTask.Domain] =
            ([16, 32, 64, 128], "new facts need capacity (guidance 2.48, Thinking Machines 2025); low ranks learn less (arXiv 2405.09673)"),
        [AdvisedTask.Reasoning] =
            ([16, 32, 64, 128], "64 to 128 (guidance 2.33); 256 on all modules where memory allows (arXiv 2405.09673)"),
        [AdvisedTask.Preference] = ([8, 16, 32, 64], "as for instructions; alignment-handbook's DPO recipe goes up to 128"),
        [AdvisedTask.Reinforcement] =
            ([8, 8, 16, 16], "rank 1 matches full training (Thinking Machines 2025); TRL's examples have 1 to 32"),
    };

    private static readonly Dictionary<AdvisedTask, (double UpTo25B, double Larger, string Source)> s_rates = new()
    {
        [AdvisedTask.Domain] =
            (1e-4, 5e-5, "half of that for instructions: continued training at 1e-5 to 4e-5 (arXiv 2405.09673), Unsloth 5e-5"),
        [AdvisedTask.Preference] = (5e-6, 5e-6, "Unsloth, LLaMA-Factory and alignment-handbook have 5e-6 for DPO"),
        [AdvisedTask.Reinforcement] = (1e-5, 5e-6, "TRL 1e-5 for GRPO with LoRA, Unsloth 5e-6"),
    };

    /// <summary>The rank to start with.</summary>
    /// <param name="task">What is to be learnt.</param>
    /// <param name="rows">Rows of training data, 0 or more.</param>
    /// <param name="parameters">Weights of the base model.</param>
    /// <param name="method">How adapters are trained.</param>
    public static Advised<int> RankOf(AdvisedTask task, long rows, long parameters, AdvisedMethod method)
    {
        var (ranks, source) = s_ranks[task];
        var rank = new Advised<int>(ranks[BandOf(rows)], $"{NameOf(task)}, {RowsOf(rows)}", source);
        if (parameters < 3e9 && rows >= 10_000 && task is not (AdvisedTask.Style or AdvisedTask.Reinforcement))
        {
            rank = rank.Changed(
                2 * rank.Value,
                "twice that below 3B",
                "torchtune has 64 for 1B and 3B, 8 for 8B; Unsloth: larger ranks for smaller models");
        }

        return method == AdvisedMethod.Dora
            ? rank.Changed(Math.Max(1, rank.Value / 2), "half of that for DoRA", "NVlabs/DoRA README: start with half of LoRA's rank")
            : rank;
    }

    /// <summary>Alpha for a rank.</summary>
    public static Advised<int> AlphaOf(int rank) => new(
        2 * rank,
        "twice the rank",
        "guidance 1.14; microsoft/LoRA NLU 8/16; crucial at high ranks (arXiv 2405.09673); equal to the rank: alignment-handbook; "
        + "16 or 32 whatever the rank: QLoRA, Thinking Machines");

    /// <summary>The peak learning rate.</summary>
    /// <param name="task">What is to be learnt.</param>
    /// <param name="rank">The rank, with alpha twice as much.</param>
    /// <param name="parameters">Weights of the base model.</param>
    /// <param name="method">How adapters are trained.</param>
    public static Advised<double> LearningRateOf(AdvisedTask task, int rank, long parameters, AdvisedMethod method)
    {
        var isLarge = parameters >= 25e9;
        var (small, large, source) = s_rates.TryGetValue(task, out var own)
            ? own : (2e-4, 1e-4, "QLoRA, table 9: 2e-4 up to 13B, 1e-4 for 33B and 65B; Unsloth and 143 of 178 Axolotl examples 2e-4");
        var rate = new Advised<double>(isLarge ? large : small, $"{NameOf(task)}, {(isLarge ? "25B and more" : "below 25B")}", source);
        if (rank >= 128)
        {
            rate = rate.Changed(
                rate.Value / 2, "half of that from rank 128 on", "arXiv 2405.09673: loss spikes at rank 256 with twice as much");
        }

        return method == AdvisedMethod.Dora
            ? rate.Changed(
                Math.Round(rate.Value * 0.67, 12), "two thirds of that for DoRA", "NVlabs/DoRA README: slightly lower than for LoRA")
            : rate;
    }

    /// <summary>The dropout probability.</summary>
    public static Advised<double> DropoutOf(AdvisedTask task, long rows, long parameters)
    {
        const string Source = "QLoRA, table 9: 0.1 up to 13B, 0.05 above; PEFT, torchtune and Unsloth 0; 0.3 to 0.5 for little data "
            + "(guidance 1.34) has no primary source";
        if (task == AdvisedTask.Reinforcement)
            return new(0, "reinforcement learning", "Unsloth and TRL's GRPO examples");
        var isLarge = parameters >= 25e9;
        var value = BandOf(rows) switch { 0 or 1 => isLarge ? 0.05 : 0.1, 2 => isLarge ? 0 : 0.05, _ => 0 };
        return new(value, $"{RowsOf(rows)}, {(isLarge ? "25B and more" : "below 25B")}", Source);
    }

    /// <summary>The schedule by transformers' name.</summary>
    public static Advised<string> SchedulerOf(AdvisedTask task) => task == AdvisedTask.Reinforcement
        ? new("constant", "rewards move with the model", "Thinking Machines 2025; TRL")
        : new("cosine", "usual", "173 of 178 Axolotl examples; QLoRA constant; hardly a difference with AdamW (Raschka 2023)");

    /// <summary>The share of all steps over which the learning rate rises.</summary>
    public static Advised<double> WarmupOf(AdvisedTask task, long rows, AdvisedMethod method)
    {
        const string Source = "QLoRA 0.03; Unsloth 0.05 to 0.1; 166 of 178 Axolotl examples 0.1";
        if (task == AdvisedTask.Reinforcement)
            return new(0, "constant rate", "Thinking Machines 2025");
        return BandOf(rows) == 0 ? new(0.1, "few steps", Source)
            : method == AdvisedMethod.Qlora ? new(0.03, "QLoRA", Source) : new(0.05, RowsOf(rows), Source);
    }

    /// <summary>Passes over the data.</summary>
    public static Advised<int> EpochsOf(AdvisedTask task, long rows)
    {
        if (task is AdvisedTask.Reinforcement or AdvisedTask.Preference)
            return new(1, NameOf(task), "TRL's and alignment-handbook's recipes");
        var band = BandOf(rows);
        if (task == AdvisedTask.Classification && band < 2)
            return new(10, "labels need few tokens and many passes", "microsoft/LoRA NLU scripts: 10 to 80; early stopping ends it sooner");
        return new(
            band switch { 0 or 1 => 3, 2 => 2, _ => 1 },
            RowsOf(rows),
            "Unsloth 1 to 3; twice was worse on Alpaca's 50,000 (Raschka 2023)");
    }

    /// <summary>Sequences of an optimizer step on all cards.</summary>
    public static Advised<int> BatchOf(AdvisedTask task, long rows, long parameters)
    {
        const string Source = "QLoRA 16 up to 13B, 32 for 33B, 64 for 65B; Unsloth 16; below 32 (TRL): LoRA bears large batches badly";
        if (task == AdvisedTask.Reinforcement)
            return new(64, "rewards are noisy", "TRL's GRPO examples");
        return BandOf(rows) == 3 || parameters >= 25e9 ? new(32, parameters >= 25e9 ? "25B and more" : RowsOf(rows), Source)
            : new(BandOf(rows) == 0 ? 8 : 16, RowsOf(rows), Source);
    }

    /// <summary>Weight decay.</summary>
    public static Advised<double> WeightDecayOf(AdvisedTask task) => task == AdvisedTask.Reinforcement
        ? new(0, "reinforcement learning", "TRL")
        : new(0.01, "usual", "Unsloth; 73 of 103 torchtune configs; 0 in QLoRA and 132 of 178 Axolotl examples");

    /// <summary>The norm that gradients are clipped to.</summary>
    public static Advised<double> MaxGradNormOf(AdvisedMethod method) => method == AdvisedMethod.Qlora
        ? new(0.3, "QLoRA", "QLoRA: tuned, works for all models tested")
        : new(1, "usual", "arXiv 2405.09673; transformers' default");

    /// <summary>The task in words.</summary>
    public static string NameOf(AdvisedTask task) => task switch
    {
        AdvisedTask.Style => "style",
        AdvisedTask.Classification => "classification",
        AdvisedTask.Instructions => "instructions",
        AdvisedTask.Domain => "domain",
        AdvisedTask.Reasoning => "reasoning",
        AdvisedTask.Preference => "preference",
        _ => "reinforcement",
    };

    private static int BandOf(long rows) => s_rowBands.Count(limit => rows >= limit);

    private static string RowsOf(long rows) => BandOf(rows) switch
    {
        0 => "below 1,000 rows",
        3 => "100,000 rows and more",
        var band => string.Format(CultureInfo.InvariantCulture, "{0:N0} to {1:N0} rows", s_rowBands[band - 1], s_rowBands[band]),
    };
}
