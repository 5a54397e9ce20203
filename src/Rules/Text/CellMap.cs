namespace LoraLint.Rules.Text;

/// <summary>A place in a notebook: cell and line in it, both from 1; all cells count, text too.</summary>
public readonly record struct CellPosition(int Cell, int Line);

/// <summary>Where the lines of a notebook's cells begin in its JSON text.</summary>
/// <param name="lines">The offset of each line of each cell, in order.</param>
public sealed class CellMap(IReadOnlyList<(int Offset, CellPosition Position)> lines)
{
    /// <summary>How many lines all code cells have.</summary>
    public int LineCount => lines.Count;

    /// <summary>The index among all lines of the one that holds an offset; -1 before the first one.</summary>
    public int LineAt(int offset)
    {
        int low = 0, high = lines.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (lines[middle].Offset <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low - 1;
    }

    /// <summary>Where a line begins in the JSON text.</summary>
    public int LineStart(int line) => lines[line].Offset;

    /// <summary>The cell and line of an index.</summary>
    public CellPosition PositionOf(int line) => lines[line].Position;

    /// <summary>The cell and line that hold an offset, or null before the first one.</summary>
    public CellPosition? PositionAt(int offset) => LineAt(offset) is >= 0 and var line ? lines[line].Position : null;
}
