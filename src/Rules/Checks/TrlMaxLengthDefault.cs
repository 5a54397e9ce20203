using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>TRL: the length of sequences is left to a default that cuts them.</summary>
public sealed class TrlMaxLengthDefault : Rule
{
    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL408",
        Name = "trl-max-length-default",
        Category = Category.Advice,
        Summary = "No max_length is written, and TRL cuts samples at 1024 tokens.",
        Why = "What is behind the limit, often the end of the answer, is dropped without a word in the log.",
        Sources =
        [
            new(Upstream.Trl, "trl/trainer/sft_config.py:205-212"),
            new("unslothai/unsloth#2904", "training that was cut unnoticed"),
        ],
        Formats = ["trl"],
        Fix = FixSafety.Unsafe,
    };

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        var length = context.Config.MaxSequenceLength;
        if (context.Config.Task != TrainingTask.SupervisedFineTuning || length is not { Origin: SettingOrigin.Default, Entry: null }
            || !length.TryGet(out var tokens))
            return;
        context.Report(
            length,
            $"without {length.Key} TRL cuts every sample at {ConfigEditor.Number(tokens)} tokens and does not say so; write the length "
            + "that your longest samples need",
            context.Recognised.Root.Origin is null
                ? AskedFix.Insert(context, context.Config.Rank.Entry, length.Key, ConfigEditor.Number(tokens)) : null);
    }
}
