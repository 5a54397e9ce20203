namespace LoraLint.Trainer.Models.Initialisation;

/// <summary>
/// Principal components of rows that come batch by batch (Ross et al., IJCV 2008): the components so far, weighted by their singular
/// values, stand for all rows before. As PEFT's IncrementalPCA (src/peft/utils/incremental_pca.py).
/// </summary>
/// <param name="columns">Width of a row.</param>
/// <param name="components">Components to keep.</param>
/// <param name="random">Where the subspace iteration starts.</param>
/// <param name="threads">Threads that work.</param>
internal sealed class IncrementalPca(int columns, int components, CounterRandom random, int threads)
{
    private double[] _mean = new double[columns];
    private double _squares;
    private double[] _values = [];

    /// <summary>Rows seen.</summary>
    public long Rows { get; private set; }

    /// <summary>
    /// The components as rows, the most important first; null before the first batch. The largest entry of each is positive.
    /// </summary>
    public DenseMatrix? Components { get; private set; }

    /// <summary>The cosine between each component and what it was a batch before; empty before the second batch.</summary>
    public double[] Similarities { get; private set; } = [];

    /// <summary>The share of all variance that each component holds.</summary>
    public IEnumerable<double> ExplainedShares => _values.Select(v => _squares > 0 ? v * v / _squares : 0);

    /// <summary>Takes a batch in. One of fewer rows than components is left out.</summary>
    /// <param name="rows">Its rows.</param>
    /// <param name="readRow">Fills a row; called from several threads.</param>
    public void Add(int rows, Action<int, Span<float>> readRow)
    {
        if (rows < components)
            return;
        var batch = new float[rows][];
        var mean = new double[columns];
        for (var i = 0; i < rows; i++)
        {
            readRow(i, batch[i] = new float[columns]);
            for (var j = 0; j < columns; j++)
                mean[j] += batch[i][j] / rows;
        }

        var stacked = new List<float[]>(components + rows + 1);
        for (var k = 0; k < _values.Length; k++)
        {
            var value = _values[k];
            stacked.Add(Array.ConvertAll(Components!.Row(k).ToArray(), v => (float)(v * value)));
        }

        foreach (var row in batch)
        {
            for (var j = 0; j < columns; j++)
            {
                row[j] = (float)(row[j] - mean[j]);
                _squares += (double)row[j] * row[j];
            }

            stacked.Add(row);
        }

        // Both means lie apart: that distance is variance too.
        var all = Rows + rows;
        if (Rows > 0)
        {
            var factor = Math.Sqrt((double)Rows / all * rows);
            var shift = new float[columns];
            for (var j = 0; j < columns; j++)
            {
                shift[j] = (float)(factor * (_mean[j] - mean[j]));
                _squares += (double)shift[j] * shift[j];
            }

            stacked.Add(shift);
        }

        for (var j = 0; j < columns; j++)
            mean[j] = ((_mean[j] * Rows) + (mean[j] * rows)) / all;
        _mean = mean;
        Rows = all;
        Decompose(stacked);
    }

    private void Decompose(List<float[]> stacked)
    {
        var (_, values, right) = LowRankSvd.Decompose(
            stacked.Count, columns, components, (row, target) => stacked[row].CopyTo(target), random, threads);
        var similarities = new double[components];
        for (var k = 0; k < components; k++)
        {
            var row = right.Row(k);
            var largest = 0;
            for (var j = 1; j < columns; j++)
            {
                if (Math.Abs(row[j]) > Math.Abs(row[largest]))
                    largest = j;
            }

            var sign = row[largest] < 0 ? -1 : 1;
            for (var j = 0; j < columns; j++)
            {
                row[j] *= sign;
                similarities[k] += Components is null ? 0 : row[j] * Components[k, j];
            }
        }

        Similarities = Components is null ? [] : similarities;
        Components = right;
        _values = values;
    }
}
