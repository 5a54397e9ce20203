using System.Globalization;
using LoraLint.Rules.Runs;
using LoraLint.Trainer;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.Tokenizers;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Engines.Managed;
using LoraLint.Trainer.Models;

namespace LoraLint.Benchmarks;

/// <summary>
/// Texts that take an adapter of a known rank to tell: written by a base model with a random adapter of that rank on its head, the
/// teacher. An adapter of the same rank on the head can become the teacher, whose loss is the least there is; one of less rank cannot, and
/// one of more gains nothing. How many directions the texts take is so known beforehand, which of no real data is.
/// </summary>
/// <remarks>
/// Only words that are one token with the space before them are drawn, so that a tokenizer gives back the tokens that were written. So that
/// this leaves out next to nothing of the teacher's probabilities, one of its directions says "a word": its A is the mean of the head's
/// inputs, its B one value for all words. The others are random and see nothing of the mean. Texts are cut into sequences as the trainer
/// cuts them (each begins with the last token of the one before), so the teacher saw what a student will see.
/// </remarks>
internal sealed class RankTask
{
    private const string Usage = "--rank-task OUT [--model FOLDER] [--rank K] [--seed N] [--tokens N] [--validation N] [--length N]";
    private const double WordLogit = 20, Spread = 2;

    private readonly ModelFolder _model;
    private readonly int _rank, _length;
    private readonly int[] _words;
    private readonly ManagedEngine _teacher;
    private ulong _state;

    private RankTask(ModelFolder model, ITokenizer tokenizer, int rank, int length, ulong seed)
    {
        (_model, _rank, _length, _state) = (model, rank, length, seed * SplitMix64.Golden);
        _words = [.. Enumerable.Range(0, model.Config.VocabularySize).Where(token => IsWord(tokenizer, token))];
        var lora = new LoraOptions { Rank = rank, Alpha = rank, TargetModules = [ModelLayout.Head] };
        _teacher = new ManagedEngine(model.Config, model, AdapterPlanner.Plan(lora, model.Config), new EngineOptions());
        Teach(MeanInput());
    }

    /// <summary>Writes OUT/train.txt and OUT/valid.txt, and says what the base and the teacher lose on the second.</summary>
    public static int Run(string[] args)
    {
        var options = args.Skip(1).Chunk(2).ToDictionary(pair => pair[0], pair => pair[^1]);
        if (args.Length % 2 == 0 || options.Keys.Except(["--model", "--rank", "--seed", "--tokens", "--validation", "--length"]).Any())
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 2;
        }

        using var model = ModelFolder.Open(options.GetValueOrDefault("--model", "examples/quickstart/model"));
        model.Verify();
        var tokenizer = TokenizerFiles.Load(model.Path);
        var task = new RankTask(model, tokenizer, Whole("--rank", 8), Whole("--length", 64), (ulong)Whole("--seed", 1));
        using var teacher = task._teacher;
        Directory.CreateDirectory(args[0]);
        task.Write(Path.Combine(args[0], "train.txt"), tokenizer, Whole("--tokens", 48_000));
        var validation = task.Write(Path.Combine(args[0], "valid.txt"), tokenizer, Whole("--validation", 8_000));
        var (withTeacher, share) = task.Judge(validation);
        task.Unteach();
        var (without, _) = task.Judge(validation);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"rank {task._rank}: on valid.txt the base model loses {without:0.000} a token, the teacher {withTeacher:0.000}; ")
            + string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} % of its probability is on the words"));
        return 0;

        int Whole(string name, int otherwise) =>
            options.TryGetValue(name, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
    }

    private static bool IsWord(ITokenizer tokenizer, int token)
    {
        var text = tokenizer.Decode([token], skipSpecialTokens: false);
        return text.Length > 2 && text[0] == ' ' && text.Skip(1).All(char.IsAsciiLetter)
            && tokenizer.Encode(text + text, addSpecialTokens: false).AsSpan().SequenceEqual([token, token]);
    }

    // Of the head, over words in random order.
    private double[] MeanInput()
    {
        const int Texts = 32;
        var mean = new double[_model.Config.HiddenSize];
        var row = new float[mean.Length];
        for (var text = 0; text < Texts; text++)
        {
            int[] tokens = [.. Enumerable.Range(0, _length).Select(_ => RandomWord())];
            _teacher.CaptureInputs(new TokenBatch(tokens, tokens, [0, _length]), (_, read) =>
            {
                for (var position = 0; position < _length; position++)
                {
                    read(position, row);
                    for (var i = 0; i < mean.Length; i++)
                        mean[i] += row[i] / (double)(Texts * _length);
                }
            });
        }

        return mean;
    }

    private void Teach(double[] mean)
    {
        var square = mean.Sum(m => m * m);
        var (a, b) = (new float[_rank * mean.Length], new float[_model.Config.VocabularySize * _rank]);
        for (var r = 0; r < _rank; r++)
        {
            // The inputs of the head have a mean square of about 1 an element: so does A times an input.
            var row = mean.Select(_ => Normal() / Math.Sqrt(mean.Length)).ToArray();
            var along = row.Zip(mean, (x, m) => x * m).Sum() / square;
            for (var i = 0; i < mean.Length; i++)
                a[(r * mean.Length) + i] = (float)(r == 0 ? mean[i] / square : row[i] - (along * mean[i]));
            foreach (var word in _words)
                b[(word * _rank) + r] = (float)(r == 0 ? WordLogit : Spread * Normal());
        }

        _teacher.Write(ParameterState.Value, 0, a);
        _teacher.Write(ParameterState.Value, 1, b);
    }

    private void Unteach() => _teacher.Write(ParameterState.Value, 1, new float[_teacher.Parameters[1].Length]);

    private int[] Write(string path, ITokenizer tokenizer, int count)
    {
        var tokens = new int[count];
        tokens[0] = RandomWord();
        for (var start = 0; start < count - 1; start += _length - 1)
        {
            using var decoder = _teacher.CreateDecoder(_length);
            for (var i = start; i < Math.Min(start + _length - 1, count - 1); i++)
                tokens[i + 1] = Draw(decoder.Next(tokens.AsSpan(i, 1)));
        }

        var text = tokenizer.Decode(tokens, skipSpecialTokens: false);
        if (!tokenizer.Encode(text, addSpecialTokens: false).AsSpan().SequenceEqual(tokens))
            throw new InvalidOperationException("the tokenizer does not give back what was written");
        File.WriteAllText(path, text);
        return tokens;
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        var highest = float.MinValue;
        foreach (var word in _words)
            highest = Math.Max(highest, logits[word]);
        var total = 0.0;
        foreach (var word in _words)
            total += Math.Exp(logits[word] - highest);
        var left = Unit() * total;
        foreach (var word in _words)
        {
            if ((left -= Math.Exp(logits[word] - highest)) < 0)
                return word;
        }

        return _words[^1];
    }

    // The loss of a token, over all of the vocabulary, and the share of the probability that the words have.
    private (double Loss, double Share) Judge(int[] tokens)
    {
        var (loss, share, count) = (0.0, 0.0, 0);
        for (var start = 0; start < tokens.Length - 1; start += _length - 1)
        {
            using var decoder = _teacher.CreateDecoder(_length);
            for (var i = start; i < Math.Min(start + _length - 1, tokens.Length - 1); i++, count++)
            {
                var logits = decoder.Next(tokens.AsSpan(i, 1));
                var (all, words) = (0.0, 0.0);
                foreach (var logit in logits)
                    all += Math.Exp(logit);
                foreach (var word in _words)
                    words += Math.Exp(logits[word]);
                loss += Math.Log(all) - logits[tokens[i + 1]];
                share += words / all;
            }
        }

        return (loss / count, share / count);
    }

    private int RandomWord() => _words[(int)(Unit() * _words.Length)];

    private double Normal() => Math.Sqrt(-2 * Math.Log(1 - Unit())) * Math.Cos(2 * Math.PI * Unit());

    private double Unit() => (SplitMix64.Mix(_state += SplitMix64.Golden) >> 11) * (1.0 / (1UL << 53));
}
