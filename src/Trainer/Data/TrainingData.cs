using LoraLint.Rules.Runs;
using LoraLint.Trainer.Data.ChatTemplates;

namespace LoraLint.Trainer.Data;

/// <summary>The samples of a run as tokens, and the plans of its batches.</summary>
public sealed class TrainingData
{
    /// <summary>Reads all files, makes tokens of them, and plans the batches.</summary>
    /// <param name="data">The files and how they are read.</param>
    /// <param name="training">The micro batch size and the seed.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">How conversations are written; may be null when no file holds any.</param>
    /// <exception cref="TrainerException">A file cannot be read or is not what its format says, or nothing is left to train on.</exception>
    public static TrainingData Load(DataOptions data, TrainingOptions training, ITokenizer tokenizer, ChatTemplate? template) =>
        throw new NotImplementedException();

    /// <summary>What is trained on, shuffled in each epoch.</summary>
    public required BatchPlan Train { get; init; }

    /// <summary>What is evaluated on, in the order of the files; null for nothing.</summary>
    public BatchPlan? Validation { get; init; }

    /// <summary>Per file what came of it, training files first.</summary>
    public required IReadOnlyList<FileStatistics> Files { get; init; }

    /// <summary>Validation samples that are training samples too.</summary>
    public int Overlap { get; init; }

    /// <summary>The highest token id of any sample: the model's embedding must have more rows.</summary>
    public int HighestToken { get; init; }

    /// <summary>What a person should know before training, as sentences without final periods: cut samples, duplicates, overlap ...</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}
