using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;
using LoraLint.Trainer.Data.Samples;

namespace LoraLint.Trainer.Data;

/// <summary>The samples of a run as tokens, and the plans of its batches.</summary>
public sealed class TrainingData
{
    private TrainingData(SampleStore store, IReadOnlyList<FileStatistics> files)
    {
        (HighestToken, Files) = (store.HighestToken, files);
    }

    /// <summary>What is trained on, shuffled in each epoch.</summary>
    public BatchPlan Train { get; private init; } = null!;

    /// <summary>What is evaluated on, in the same order each time; null for nothing.</summary>
    public BatchPlan? Validation { get; private init; }

    /// <summary>Per file what came of it, training files first.</summary>
    public IReadOnlyList<FileStatistics> Files { get; }

    /// <summary>Samples of validation files that are training samples too.</summary>
    public int Overlap { get; private init; }

    /// <summary>The highest token id of any sample: the model's embedding must have more rows.</summary>
    public int HighestToken { get; }

    /// <summary>What a person should know before training, as sentences without final periods: cut samples, duplicates, overlap.</summary>
    public IReadOnlyList<string> Warnings => [.. DataWarnings.Of(this)];

    /// <summary>Reads all files, makes tokens of them, and plans the batches.</summary>
    /// <param name="data">The files and how they are read.</param>
    /// <param name="training">The micro batch size and the seed.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">How conversations are written; may be null when no file holds any.</param>
    /// <exception cref="TrainerException">A file cannot be read or is not what its format says, or nothing is left to train on.</exception>
    public static TrainingData Load(DataOptions data, TrainingOptions training, ITokenizer tokenizer, ChatTemplate? template)
    {
        if (data.Train.Count == 0)
            throw new TrainerException("No training file is named");
        if (data.MaxSequenceLength < 2)
            throw new TrainerException("A sequence of one token predicts nothing: raise max_sequence_length");
        if (data.Validation.Count > 0 && data.ValidationSplit != 0)
            throw new TrainerException("There are validation files and a validation split; one of the two must go");

        var store = new SampleStore();
        var train = Collect(data.Train, isValidation: false);
        var validation = Collect(data.Validation, isValidation: true);
        var files = train.Files.Concat(validation.Files).ToList();
        var trained = train.Samples.ToArray();
        var evaluated = validation.Samples.ToArray();
        if (data.ValidationSplit != 0)
            (trained, evaluated) = ValidationSplit.Split(store, train.Samples, data.ValidationSplit, training.Seed);
        return new TrainingData(store, files)
        {
            Train = Plan(trained, training.Seed),
            Validation = evaluated.Length > 0 ? Plan(evaluated, seed: null) : null,
            Overlap = validation.Samples.Count(sample => train.Holds(store.Hash(sample))),
        };

        SampleCollector Collect(IReadOnlyList<DataSource> sources, bool isValidation)
        {
            var collector = new SampleCollector(store, data, tokenizer, template, isValidation);
            foreach (var source in sources)
                collector.Read(source);
            if (sources.Count > 0 && collector.Samples.Count == 0)
                throw DataWarnings.NothingLeft(collector.Files, data);
            return collector;
        }

        BatchPlan Plan(int[] samples, long? seed) =>
            new(store, samples, training.MicroBatchSize, data.Packing ? data.MaxSequenceLength : null, seed);
    }
}
