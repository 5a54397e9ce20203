using LoraLint.Rules.Runs;

namespace LoraLint.Trainer.Data;

/// <summary>What is worth telling about the data of a run.</summary>
internal static class DataWarnings
{
    /// <summary>One sentence for each thing that not everybody expects of their data.</summary>
    public static IEnumerable<string> Of(TrainingData data)
    {
        foreach (var file in data.Files)
        {
            foreach (var warning in Of(file))
                yield return $"{file.Path}: {warning}";
        }

        if (data.Overlap > 0)
        {
            yield return $"{Samples(data.Overlap)} of the validation files "
                + (data.Overlap == 1 ? "is a training sample" : "are training samples")
                + " too: the evaluation loss will look better than it is";
        }
    }

    /// <summary>The error that files hold nothing to learn from.</summary>
    public static TrainerException NothingLeft(IReadOnlyList<FileStatistics> files, DataOptions data)
    {
        var purpose = files[0].IsValidation ? "evaluate" : "train";
        var reasons = new List<string>();
        if (files.Sum(file => file.Empty) is var empty and > 0)
            reasons.Add($"{empty} without an answer or text");
        if (files.Sum(file => file.Dropped) is var dropped and > 0)
            reasons.Add($"{dropped} whose {(data.DropLongSamples ? "length is" : "answer begins")} beyond {data.MaxSequenceLength} tokens");
        return new TrainerException(
            $"{string.Join(", ", files.Select(file => file.Path))}: no sample to {purpose} on is left of "
            + $"{files.Sum(file => file.Rows)} rows"
            + (reasons.Count > 0 ? $": {string.Join(", ", reasons)}" : ""));
    }

    private static IEnumerable<string> Of(FileStatistics file)
    {
        if (file.Empty > 0)
            yield return $"{Rows(file.Empty)} without an answer or text left out, the first at {file.FirstEmpty}";
        if (file.Truncated > 0)
        {
            yield return $"{Samples(file.Truncated)} of {file.Samples} cut to max_sequence_length, {file.TruncatedTokens} tokens in all; "
                + "the ends of their answers are not learned";
        }

        if (file.Dropped > 0)
            yield return $"{Samples(file.Dropped)} left out as longer than max_sequence_length";
        if (file.Duplicates > 0)
            yield return $"{Samples(file.Duplicates)} left out as the same as an earlier one";
    }

    private static string Samples(long count) => count == 1 ? "1 sample" : $"{count} samples";

    private static string Rows(long count) => count == 1 ? "1 row" : $"{count} rows";
}
