using System.Numerics.Tensors;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.Samples;
using LoraLint.Trainer.Engines;
using LoraLint.Trainer.Models;
using LoraLint.Trainer.Training;

namespace LoraLint.Trainer.Spectra;

/// <summary>The rows of a <see cref="DataSample"/> as tokens, cut to a length, and in batches as training has them.</summary>
internal sealed class TokenSample : ITrainingBatches
{
    private readonly SampleStore _store = new();
    private readonly BatchPlan _plan;

    /// <summary>Makes tokens.</summary>
    /// <param name="sample">The rows.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="maskPrompt">Whether answers alone are trained on.</param>
    /// <param name="longest">Tokens of a row at most.</param>
    /// <param name="vocabulary">Rows of the model's embedding.</param>
    /// <exception cref="TrainerException">The rows hold nothing to learn, or the tokenizer is of another model.</exception>
    public TokenSample(DataSample sample, ITokenizer tokenizer, bool maskPrompt, int longest, int vocabulary)
    {
        var encoder = new SampleEncoder(tokenizer, maskPrompt);
        var (tokens, answers, rows) = (0L, 0L, 0);
        foreach (var (row, place) in sample.Chosen)
        {
            var marked = encoder.Encode(row, place);
            tokens += marked.Length;
            answers += SampleStore.CountSupervised(marked);
            rows++;
            marked = marked.Length > longest ? marked[..longest] : marked;
            if (SampleStore.CountSupervised(marked) > 0)
                _store.Add(marked, SampleStore.Hash(marked));
        }

        if (_store.Count == 0)
            throw new TrainerException("the rows of the data that were drawn hold nothing to learn: no answers within the length allowed");
        if (_store.HighestToken >= vocabulary)
        {
            throw new TrainerException(
                $"the tokenizer gives the token {_store.HighestToken} and the model has embeddings of 0 to {vocabulary - 1}: the "
                + "tokenizer belongs to another model");
        }

        TokensPerRow = (double)tokens / rows;
        AnswerTokensPerRow = (double)answers / rows;
        _plan = new BatchPlan(_store, [.. Enumerable.Range(0, _store.Count)], microBatchSize: 1, packedLength: null, seed: null);
    }

    /// <summary>Tokens of a row on the average, before it is cut.</summary>
    public double TokensPerRow { get; }

    /// <summary>Tokens of a row that are trained on, on the average, before it is cut.</summary>
    public double AnswerTokensPerRow { get; }

    /// <inheritdoc/>
    public int MicroBatches => _plan.MicroBatches;

    /// <inheritdoc/>
    public int ValidationBatches => 0;

    /// <inheritdoc/>
    public TokenBatch Training(int epoch, int index) => _plan.Batch(0, index);

    /// <inheritdoc/>
    public TokenBatch Validation(int index) => throw new NotSupportedException();

    /// <summary>Each row as the mean of its tokens' embeddings.</summary>
    /// <param name="table">The embedding's weight, shape (vocabulary, hidden).</param>
    public IReadOnlyList<float[]> MeanEmbeddings(StoredTensor table)
    {
        var width = table.Shape[1];
        var means = new List<float[]>(_store.Count);
        var row = new float[width];
        for (var i = 0; i < _store.Count; i++)
        {
            var marked = new int[_store.Length(i)];
            _store.CopyTo(i, marked);
            var mean = new float[width];
            foreach (var token in marked)
            {
                table.CopyTo((long)(token >= 0 ? token : ~token) * width, row);
                TensorPrimitives.Add(mean, row, mean);
            }

            TensorPrimitives.Divide(mean, marked.Length, mean);
            means.Add(mean);
        }

        return means;
    }
}
