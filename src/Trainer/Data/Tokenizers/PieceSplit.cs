namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>What happens to the matches that a piece is split at: <c>SplitDelimiterBehavior</c> of the tokenizers library.</summary>
internal enum SplitBehavior
{
    /// <summary>Matches are dropped.</summary>
    Removed,

    /// <summary>Each match is a piece.</summary>
    Isolated,

    /// <summary>A match ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>A match begins the piece behind it.</summary>
    MergedWithNext,

    /// <summary>Matches in a row are one piece, and so is what lies between.</summary>
    Contiguous,
}

/// <summary>Splits a piece at matches.</summary>
internal static class PieceSplit
{
    /// <summary>Adds the parts of a piece.</summary>
    /// <param name="piece">What is split.</param>
    /// <param name="matches">From left to right, not overlapping, inside of the piece.</param>
    /// <param name="behavior">What happens to the matches.</param>
    /// <param name="invert">Whether what lies between the matches counts as the matches.</param>
    /// <param name="pieces">Where the parts go; empty ones do not.</param>
    public static void Add(Piece piece, List<(int Start, int End)> matches, SplitBehavior behavior, bool invert, List<Piece> pieces)
    {
        var parts = Cover(piece.Length, matches, invert);
        if (behavior == SplitBehavior.MergedWithNext)
            parts.Reverse();
        var merged = new List<(int Start, int End, bool IsMatch)>(parts.Count);
        var previous = false;
        foreach (var part in parts)
        {
            var joins = behavior switch
            {
                SplitBehavior.Contiguous => part.IsMatch == previous,
                SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => part.IsMatch && !previous,
                _ => false,
            };
            previous = part.IsMatch;
            if (joins && merged.Count > 0)
                merged[^1] = (Math.Min(merged[^1].Start, part.Start), Math.Max(merged[^1].End, part.End), false);
            else if (behavior != SplitBehavior.Removed || !part.IsMatch)
                merged.Add(part);
        }
        if (behavior == SplitBehavior.MergedWithNext)
            merged.Reverse();
        foreach (var (start, end, _) in merged)
            if (end > start)
                pieces.Add(piece.Slice(start, end - start));
    }

    /// <summary>Matches and what lies between them, in order.</summary>
    private static List<(int Start, int End, bool IsMatch)> Cover(int length, List<(int Start, int End)> matches, bool invert)
    {
        var parts = new List<(int, int, bool)>(2 * matches.Count + 1);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            if (start > at)
                parts.Add((at, start, invert));
            parts.Add((start, end, !invert));
            at = end;
        }
        if (at < length)
            parts.Add((at, length, invert));
        return parts;
    }
}
