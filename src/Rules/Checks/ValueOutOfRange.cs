using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Runs;

namespace LoraLint.Rules.Checks;

/// <summary>A number that the setting cannot have, where no other rule has more to say about it.</summary>
public sealed class ValueOutOfRange : Rule
{
    // Our run format by its keys: those of a whole run's members.
    private static readonly IReadOnlyList<(string Key, NumberRange Range)> s_keys =
        [.. RunMembers.All.Where(m => m is { Key: not null, Range: not null }).Select(m => (m.Key!, m.Range!))];

    /// <inheritdoc/>
    public override RuleInfo Info { get; } = new()
    {
        Code = "LL020",
        Name = "value-out-of-range",
        Category = Category.Correctness,
        Summary = "A number lies outside of what the setting can have.",
        Why = "The run stops at it, or trains on nothing. `loralint train` refuses it, and in C# the record throws when it is given the "
            + "value.",
        Sources =
        [
            new("LoraLint", "schemas/loralint.schema.json: minimum and maximum of each key"),
            new("LoraLint", "src/Rules/Runs/RunLimits.cs"),
            new("PyTorch", "torch/utils/data/sampler.py, BatchSampler: batch_size should be a positive integer value"),
            new("huggingface/transformers@00349ae8", "src/transformers/trainer.py: steps of an epoch are divided by "
                + "gradient_accumulation_steps"),
        ],
    };

    /// <inheritdoc/>
    public override bool AlsoWithoutLora => true;

    /// <inheritdoc/>
    public override void Check(CheckContext context)
    {
        if (context.Format is not (LoraLintFormat or CSharpFormat))
        {
            CheckCounts(context);
            return;
        }

        var ranges = context.Format is CSharpFormat code
            ? code.Members.Where(m => m.Range is not null).Select(m => (m.Key, Range: m.Range!)) : s_keys;
        foreach (var (key, range) in ranges)
        {
            if (context.Read.Find(key) is not { Value: { IsScalar: true, IsUnknown: false } value } entry || context.Read.IsNull(value)
                || !TryNumber(context, value, out var number) || range.Contains(number) || range.Say(key, number) is not null)
                continue;
            // A rank that is no integer has a rule of its own.
            if (entry == context.Config.Rank.Entry && number > 0 && number != Math.Floor(number))
                continue;
            context.Report(entry, range.Outside(key, number));
        }
    }

    // What every framework counts in whole samples and tokens. A length of -1 is no limit in some.
    private static void CheckCounts(CheckContext context)
    {
        var config = context.Config;
        foreach (var setting in new[] { config.MicroBatchSize, config.GradientAccumulationSteps })
        {
            if (!IsScalar(setting, out var count) || (count >= 1 && count == Math.Floor(count))
                || (count == 0 && context.Format.Name == "axolotl"))
                continue;
            context.Report(setting, $"{setting.Key} is {ConfigEditor.Number(count)}, but it has to be a whole number from 1 on");
        }

        if (IsScalar(config.MaxSequenceLength, out var length) && length is 0 or < -1)
        {
            context.Report(
                config.MaxSequenceLength,
                $"{config.MaxSequenceLength.Key} is {ConfigEditor.Number(length)}, so no token of a sample is left");
        }
    }

    private static bool IsScalar(Setting<double> setting, out double value) =>
        setting.TryGet(out value) && setting is { IsWritten: true, Entry.Value.IsScalar: true };

    // What is not a number is none in a config; in C# it is a constant like any other.
    private static bool TryNumber(CheckContext context, ConfigNode value, out double number) =>
        context.Read.TryNumber(value, out number)
        || (context.Format is CSharpFormat && value.Style == ScalarStyle.Plain
            && double.TryParse(value.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number));
}
