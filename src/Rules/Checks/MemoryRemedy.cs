using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Memory;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Checks;

/// <summary>How a run that is too large for a card is made to fit.</summary>
internal static class MemoryRemedy
{
    /// <summary>What is left when nothing else helps.</summary>
    public const string Larger = "take a smaller base model, a larger card, or spread it over several";

    /// <summary>
    /// What makes the run fit for certain, in words, and the fix where one or two settings do it. What costs least comes first: computing
    /// again costs a third more time, a smaller micro batch some speed, 4 bits a little of both.
    /// </summary>
    public static (string Remedy, Fix? Fix) Of(CheckContext context, Workload load, Gpu gpu)
    {
        var again = load with { Recomputes = true };
        if (!load.Recomputes && Fits(again, gpu))
            return (Takes("with gradient checkpointing", again), CheckpointingFix(context));
        if (SmallerBatch(load, gpu) is { } fewer)
            return (Takes($"with {Sequences(fewer.MicroBatchSize)} at a time", fewer), BatchFix(context, load, fewer));
        if (!load.Recomputes && SmallerBatch(again, gpu) is { } both)
            return (Takes($"with gradient checkpointing and {Sequences(both.MicroBatchSize)} at a time", both), null);
        var least = again.In(4) with { MicroBatchSize = 1 };
        var how = (load.Bits == 4 ? "" : "in 4 bits") + (load.MicroBatchSize == 1 ? "" : ", one sequence at a time")
            + (load.Recomputes ? "" : ", with gradient checkpointing");
        var longest = CardFit.Of(least, gpu.Bytes).LongestSequence;
        how = how.TrimStart(',', ' ');
        return Fits(least, gpu) && how.Length > 0 ? (Takes(how, least), null)
            : longest >= 1 ? ($"sequences of at most {longest} tokens fit for certain" + (how.Length > 0 ? ", " + how : ""), null)
            : (Larger, null);
    }

    // The largest part of the micro batch that fits for certain.
    private static Workload? SmallerBatch(Workload load, Gpu gpu)
    {
        for (var micro = load.MicroBatchSize - 1; micro >= 1; micro--)
        {
            if (load.MicroBatchSize % micro == 0 && load with { MicroBatchSize = micro } is var smaller && Fits(smaller, gpu))
                return smaller;
        }

        return null;
    }

    private static bool Fits(Workload load, Gpu gpu) => load.Estimate()!.High <= CardFit.Usable * gpu.Bytes;

    private static string Takes(string how, Workload load) => $"{how} it takes {load.Estimate()!.InBrief()} and fits";

    /// <summary>So many sequences in words.</summary>
    public static string Sequences(long sequences) => sequences == 1 ? "one sequence" : $"{sequences} sequences";

    private static Fix? CheckpointingFix(CheckContext context)
    {
        var setting = context.Config.GradientCheckpointing;
        var name = setting.Key.Substring(setting.Key.LastIndexOf('.') + 1);
        var value = ConfigEditor.Bool(!name.StartsWith("disable_", StringComparison.Ordinal));
        TextEdit? edit = null;
        if (setting.IsWritten && setting.Entry is { IsMerged: false, Value: { IsScalar: true, IsAlias: false } } entry)
            edit = context.Edit.Replace(entry, value);
        else if (!setting.IsWritten && setting.Key.Length > 0 && BehindOf(context, setting) is { } behind)
            edit = context.Edit.Set(setting, value, behind);
        return edit is { } change ? new Fix(FixSafety.Unsafe, $"Set {name} to {value}", change) : null;
    }

    // The step keeps its samples.
    private static Fix? BatchFix(CheckContext context, Workload load, Workload fewer)
    {
        var (micro, sums) = (context.Config.MicroBatchSize, context.Config.GradientAccumulationSteps);
        if (micro is not { IsWritten: true, Entry: { IsMerged: false, Value: { IsScalar: true, IsAlias: false } } entry }
            || !sums.TryGet(out var known))
            return null;
        var edits = new List<TextEdit> { context.Edit.Replace(entry, ConfigEditor.Number(fewer.MicroBatchSize)) };
        var title = $"Set {micro.Key} to {fewer.MicroBatchSize}";
        // Where the batch of a step is written, the sums follow.
        if (sums.Origin != SettingOrigin.Derived)
        {
            var more = ConfigEditor.Number(known * load.MicroBatchSize / fewer.MicroBatchSize);
            if (sums.Key.Length == 0 || sums.Entry is { IsMerged: true } or { Value.IsAlias: true }
                || (sums.Entry is null && !ConfigEditor.AreSiblings(micro.Key, sums.Key)))
                return null;
            edits.Add(context.Edit.Set(sums, more, entry));
            title += $" and {sums.Key} to {more}";
        }

        return new Fix(FixSafety.Unsafe, title, edits);
    }

    // A written setting of the trainer that stands in the same mapping.
    private static ConfigEntry? BehindOf(CheckContext context, ISetting setting)
    {
        var config = context.Config;
        ISetting[] neighbours = [config.MicroBatchSize, config.GradientAccumulationSteps, config.LearningRate, config.Epochs];
        return neighbours.FirstOrDefault(n => n is { Origin: SettingOrigin.Written, Entry.IsMerged: false }
            && ConfigEditor.AreSiblings(n.Key, setting.Key))?.Entry;
    }
}
