using LoraLint.Trainer.Engines.Managed.Kernels;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Engines.Managed;

/// <summary>
/// Cosines and sines of a rotary embedding for the sequences of a pass, and which of their rows each token takes: computed in double,
/// kept in 32 bits.
/// </summary>
/// <remarks>
/// Where angles depend on the length of the sequence (longrope, dynamic), each sequence has those of its own length, packed or not, so that
/// a sample counts the same whatever it shares a batch with. transformers takes the longest sequence of the batch for all of them. Each
/// set of angles has its table; the tables lie one behind the other.
/// </remarks>
internal sealed class RotaryTables(RotaryEmbedding embedding) : IDisposable
{
    private readonly List<Table> _tables = [];
    private NativeBuffer? _values;

    /// <summary>Counts the times that the tables were made anew.</summary>
    public int Version { get; private set; }

    /// <summary>Shape (rows, pairs), with the embedding's scale in it.</summary>
    public Matrix Cosines { get; private set; }

    /// <summary>Shape (rows, pairs), with the embedding's scale in it.</summary>
    public Matrix Sines { get; private set; }

    /// <summary>The row of the tables that each token of the pass takes, shape (T).</summary>
    public int[] Rows { get; private set; } = [];

    /// <summary>Whether sequences of the one and the other length have the same angles.</summary>
    public bool HasSameAngles(int tokens, int otherTokens) =>
        embedding.InverseFrequenciesFor(tokens).AsSpan().SequenceEqual(embedding.InverseFrequenciesFor(otherTokens));

    /// <summary>Makes the tables for a pass.</summary>
    /// <param name="positions">The position of each token in its sequence, shape (T).</param>
    /// <param name="starts">Where each sequence starts in the pass, and T at the end.</param>
    /// <param name="length">Tokens that decide on the angles, by how many a sequence has: as many, as a rule.</param>
    public void Arrange(int[] positions, int[] starts, Func<int, int> length)
    {
        var wanted = new List<Table>();
        var tableOf = new int[starts.Length - 1];
        for (var sequence = 0; sequence < tableOf.Length; sequence++)
        {
            var tokens = positions[starts[sequence + 1] - 1] + 1;
            var frequencies = embedding.InverseFrequenciesFor(length(tokens));
            var table = wanted.FindIndex(t => t.Has(frequencies));
            if (table < 0)
            {
                table = wanted.Count;
                wanted.Add(new Table(frequencies, tokens, 0));
            }

            wanted[table] = wanted[table] with { Positions = Math.Max(tokens, wanted[table].Positions) };
            tableOf[sequence] = table;
        }

        if (!wanted.TrueForAll(w => _tables.Exists(t => t.Has(w.Frequencies) && t.Positions >= w.Positions)))
            Fill(wanted);
        var firstRows = wanted.ConvertAll(w => _tables.Find(t => t.Has(w.Frequencies))!.FirstRow);
        Rows = new int[positions.Length];
        for (var sequence = 0; sequence < tableOf.Length; sequence++)
        {
            for (var i = starts[sequence]; i < starts[sequence + 1]; i++)
                Rows[i] = firstRows[tableOf[sequence]] + positions[i];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _values?.Dispose();

    // Tables that no sequence of the pass needs are dropped.
    private void Fill(List<Table> wanted)
    {
        var pairs = embedding.InverseFrequencies.Length;
        var rows = 0;
        var tables = new List<Table>();
        foreach (var table in wanted)
        {
            // A sequence that grows token by token does not need a new table each time.
            var old = _tables.Find(t => t.Has(table.Frequencies));
            var grown = Math.Max(table.Positions, 2 * (old?.Positions ?? 0));
            tables.Add(table with { Positions = grown, FirstRow = rows });
            rows += grown;
        }

        Version++;
        _tables.Clear();
        _tables.AddRange(tables);
        _values?.Dispose();
        _values = new NativeBuffer(2L * rows * pairs, zeroed: false);
        Cosines = _values.View(rows, pairs);
        Sines = _values.View(rows, pairs, (long)rows * pairs);
        foreach (var table in tables)
        {
            for (var position = 0; position < table.Positions; position++)
            {
                var cosines = Cosines.RowSpan(table.FirstRow + position);
                var sines = Sines.RowSpan(table.FirstRow + position);
                for (var pair = 0; pair < pairs; pair++)
                {
                    var angle = position * table.Frequencies[pair];
                    cosines[pair] = (float)(Math.Cos(angle) * embedding.Scale);
                    sines[pair] = (float)(Math.Sin(angle) * embedding.Scale);
                }
            }
        }
    }

    private sealed record Table(double[] Frequencies, int Positions, int FirstRow)
    {
        public bool Has(double[] frequencies) => Frequencies.AsSpan().SequenceEqual(frequencies);
    }
}
