using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Reading;
using LoraLint.Trainer.Data.Samples;
using LoraLint.Trainer.Data.Tokenizers;
using LoraLint.Trainer.Runs;
using LoraLint.Trainer.Spectra;

namespace LoraLint.Trainer.Data;

/// <summary>
/// How long the rows of a run's training files are in the model's own tokens, by the same reading, template and mask as training has. Needs
/// the tokenizer of the base model and nothing else of it.
/// </summary>
internal static class TokenLengths
{
    /// <summary>Counts.</summary>
    /// <param name="run">The run: its data, the base model's folder.</param>
    /// <param name="most">Rows that are counted at most; of more a random sample is.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="TrainerException">A file, the tokenizer or the chat template cannot be read, or no row holds anything.</exception>
    public static TokensEvent Measure(TrainingRun run, int most, long seed)
    {
        var tokenizer = TokenizerFiles.Load(run.BaseModel);
        var plain = run.Data.Train.Where(source => DataFile.IsPlainText(source.Path)).ToList();
        if (plain.Count == run.Data.Train.Count)
            return OfTexts(plain, tokenizer, run.Data.MaxSequenceLength);
        if (plain.Count > 0)
            throw new TrainerException($"{plain[0].Path}: plain text has no rows to count beside those of other files");
        var template = run.Data.ChatTemplate is { } name ? ChatTemplate.ByName(name)
            : run.Data.Train.Any(s => s.Format is DataFormat.Chat or DataFormat.ShareGpt or DataFormat.ChatExchange)
                ? ChatTemplate.ForModel(run.BaseModel) : null;
        var sample = DataSample.Draw(run.Data.Train, template, most, seed);
        var encoder = new SampleEncoder(tokenizer, run.Data.MaskPrompt);
        var (lengths, answers) = (new List<int>(), 0L);
        foreach (var (row, place) in sample.Chosen)
        {
            var marked = SampleCollector.WithoutTail(encoder.Encode(row, place));
            if (SampleStore.CountSupervised(marked) == 0)
                continue;
            lengths.Add(marked.Length);
            answers += SampleStore.CountSupervised(marked);
        }

        return lengths.Count == 0 ? throw new TrainerException($"{run.Data.Train[0].Path}: no row holds anything to learn")
            : Of(sample.Rows, lengths, answers, run.Data.MaxSequenceLength, template?.Name);
    }

    // A text is one row, which training cuts into sequences that share a token with the one before.
    private static TokensEvent OfTexts(IReadOnlyList<DataSource> files, ITokenizer tokenizer, int longest)
    {
        var lengths = new List<int>();
        var sequences = 0L;
        foreach (var source in files)
        {
            var tokens = 0;
            using var reader = new PlainTextReader(source.Path);
            while (reader.Next() is { } piece)
                tokens = checked(tokens + tokenizer.Encode(piece, addSpecialTokens: false).Length);
            lengths.Add(tokens);
            sequences += (tokens + longest - 3L) / Math.Max(1, longest - 1);
        }

        return Of(files.Count, lengths, lengths.Sum(l => (long)l), longest, null) with { Sequences = sequences };
    }

    private static TokensEvent Of(long rows, List<int> lengths, long answers, int longest, string? template)
    {
        lengths.Sort();
        long tokens = 0, kept = 0, over = 0;
        foreach (var length in lengths)
        {
            tokens += length;
            kept += Math.Min(length, longest);
            over += length > longest ? 1 : 0;
        }

        return new TokensEvent(
            rows, lengths.Count, (double)tokens / lengths.Count, (double)answers / lengths.Count, At(0.5), At(0.99), lengths[^1], longest,
            (double)over / lengths.Count, 1 - (double)kept / tokens, template, null);

        int At(double share) => lengths[Math.Clamp((int)Math.Ceiling(share * lengths.Count) - 1, 0, lengths.Count - 1)];
    }
}

/// <summary>How long rows are in tokens.</summary>
/// <param name="Rows">Rows of all files.</param>
/// <param name="Counted">Those that were counted: all that hold something to learn, or a sample of them.</param>
/// <param name="TokensPerRow">On the average, before anything is cut.</param>
/// <param name="AnswerTokensPerRow">Those of them that are trained on.</param>
/// <param name="Median">Half the rows are at most so long.</param>
/// <param name="NinetyNine">99 of 100 rows are at most so long.</param>
/// <param name="Longest">The longest row.</param>
/// <param name="MaxSequenceLength">Tokens of a sequence at most.</param>
/// <param name="ShareOver">The share of the rows that are longer than that, 0 to 1.</param>
/// <param name="ShareCut">The share of the tokens that lie behind it, 0 to 1.</param>
/// <param name="Template">The chat template that was used, or null.</param>
/// <param name="Sequences">Of plain texts: how many sequences they are cut into; else null.</param>
internal sealed record TokensEvent(
    long Rows, int Counted, double TokensPerRow, double AnswerTokensPerRow, int Median, int NinetyNine, int Longest, int MaxSequenceLength,
    double ShareOver, double ShareCut, string? Template, long? Sequences) : RunEvent("tokens");
