namespace LoraLint.Trainer.Engines.Managed.Kernels;

/// <summary>How attention over some sequences is cut into blocks of query rows and panels of keys.</summary>
internal sealed class AttentionLayout
{
    /// <summary>Query rows of a block. Of the square on the diagonal half is computed in vain: a block is not to be large.</summary>
    public const int BlockRows = 32;

    private readonly List<(int Sequence, int Row)> _blocks = [];

    private readonly int _panel;

    public AttentionLayout(in AttentionShape shape, ReadOnlySpan<int> starts, int panel)
    {
        Shape = shape;
        _panel = panel;
        for (var sequence = 0; sequence + 1 < starts.Length; sequence++)
        {
            Sequences.Add((starts[sequence], starts[sequence + 1]));
            Longest = Math.Max(Longest, starts[sequence + 1] - starts[sequence]);
            for (var row = starts[sequence]; row < starts[sequence + 1]; row += BlockRows)
                _blocks.Add((sequence, row));
        }
        Tokens = starts[^1];
    }

    public AttentionShape Shape { get; }

    public int Tokens { get; }

    /// <summary>Tokens of the longest sequence.</summary>
    public int Longest { get; }

    /// <summary>First token of each sequence, and the first behind it.</summary>
    public List<(int Start, int End)> Sequences { get; } = [];

    /// <summary>All blocks of query rows.</summary>
    public int Blocks => _blocks.Count;

    /// <summary>Query heads that a key head serves.</summary>
    public int Group => Shape.Heads / Shape.KeyValueHeads;

    /// <summary>A block of query rows, the last ones first: they see most keys, and long jobs are to start early.</summary>
    public QueryBlock Block(int index)
    {
        var (sequence, row) = _blocks[Blocks - 1 - index];
        return BlockAt(sequence, row);
    }

    /// <summary>The block of a sequence that begins at a row. Its keys begin with a panel of the sequence.</summary>
    public QueryBlock BlockAt(int sequence, int row)
    {
        var (start, end) = Sequences[sequence];
        var rows = Math.Min(BlockRows, end - row);
        return new(sequence, start, row, rows, start + (FirstKey(start, row) - start) / _panel * _panel, row + rows);
    }

    /// <summary>The first key that a query sees.</summary>
    public int FirstKey(int start, int query) => Shape.Window > 0 ? Math.Max(start, query - Shape.Window + 1) : start;
}

/// <summary>Query rows, and all keys that any of them sees.</summary>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Start">First token of the sequence.</param>
/// <param name="Row">First query row.</param>
/// <param name="Rows">Number of query rows.</param>
/// <param name="FirstKey">The first key, the first of a panel.</param>
/// <param name="EndKey">The first key behind them.</param>
internal readonly record struct QueryBlock(int Sequence, int Start, int Row, int Rows, int FirstKey, int EndKey)
{
    public int Keys => EndKey - FirstKey;
}
