namespace LoraLint.Trainer.Data.Samples;

/// <summary>
/// Cuts a document into sequences. Each begins with the last token of the one before, so that every token but the first of the document
/// is predicted once.
/// </summary>
/// <param name="longest">Tokens of a sequence at most, 2 or more.</param>
/// <param name="keep">Takes a sequence.</param>
internal sealed class DocumentCutter(int longest, Action<ReadOnlySpan<int>> keep)
{
    private int[] _open = new int[Math.Min(longest, 1024)];
    private int _count;

    /// <summary>Goes on with the document.</summary>
    public void Add(ReadOnlySpan<int> tokens)
    {
        while (tokens.Length > 0)
        {
            if (_count == longest)
            {
                keep(_open);
                (_open[0], _count) = (_open[^1], 1);
            }

            if (_count == _open.Length)
                Array.Resize(ref _open, (int)Math.Min(longest, 2L * _open.Length));
            var taken = Math.Min(tokens.Length, _open.Length - _count);
            tokens[..taken].CopyTo(_open.AsSpan(_count));
            _count += taken;
            tokens = tokens[taken..];
        }
    }

    /// <summary>
    /// Ends the document. A single token that is left over has been predicted already, or has nothing to be predicted from.
    /// </summary>
    public void Finish()
    {
        if (_count > 1)
            keep(_open.AsSpan(0, _count));
        _count = 0;
    }
}
