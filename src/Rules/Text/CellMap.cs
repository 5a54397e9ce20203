namespace LoraLint.Rules.Text;

/// <summary>A place in a notebook: cell and line in it, both from 1; all cells count, text too.</summary>
public readonly record struct CellPosition(int Cell, int Line);

/// <summary>Where the lines of a notebook's cells begin in its JSON text.</summary>
/// <param name="lines">The offset of each line of each cell, in order.</param>
public sealed class CellMap(IReadOnlyList<(int Offset, CellPosition Position)> lines)
{
    /// <summary>The cell and line that hold an offset, or null before the first one.</summary>
    public CellPosition? PositionAt(int offset)
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

        return low == 0 ? null : lines[low - 1].Position;
    }
}
