namespace LoraLint.Advisor.Advice.Curves;

/// <summary>
/// How well a sequence is told by values that only fall, and by values that fall and then rise. Both are least-squares fits without any
/// other assumption on the shape: isotonic and unimodal regression by pooling adjacent violators (Barlow, Bartholomew, Bremner and Brunk
/// 1972; Stout, Computational Statistics and Data Analysis 53, 2008).
/// </summary>
/// <param name="Falling">The sum of squares that values which never rise leave over.</param>
/// <param name="Valley">The sum of squares that values which fall up to some place, and never fall behind it, leave over.</param>
/// <param name="Turn">The first index of the part that rises in the second fit; the number of values when there is none.</param>
/// <param name="Levels">The number of different values in the second fit, of each part by itself.</param>
internal readonly record struct ValleyFit(double Falling, double Valley, int Turn, int Levels)
{
    /// <summary>Fits both, in a time in proportion to the number of values.</summary>
    public static ValleyFit Of(ReadOnlySpan<double> values)
    {
        if (values.Length == 0)
            return default;
        var ahead = Prefixes(values);
        var behind = Prefixes(Reversed(values));
        var fit = new ValleyFit(ahead[^1].Squares, ahead[^1].Squares, values.Length, ahead[^1].Levels);
        for (var turn = 1; turn < values.Length; turn++)
        {
            // What rises falls when it is looked at from the end.
            var (falls, rises) = (ahead[turn - 1], behind[values.Length - turn - 1]);
            if (falls.Squares + rises.Squares < fit.Valley)
                fit = fit with { Valley = falls.Squares + rises.Squares, Turn = turn, Levels = falls.Levels + rises.Levels };
        }

        return fit;
    }

    /// <summary>The values of the best fit that falls and then rises.</summary>
    public static double[] Smooth(ReadOnlySpan<double> values)
    {
        var turn = Of(values).Turn;
        return [.. Fall(values[..turn]), .. Reversed(Fall(Reversed(values[turn..])))];
    }

    /// <summary>The sum of squares that values which never fall leave over.</summary>
    public static double Rising(ReadOnlySpan<double> values) => values.Length == 0 ? 0 : Prefixes(Reversed(values))[^1].Squares;

    private static double[] Reversed(ReadOnlySpan<double> values)
    {
        var turned = values.ToArray();
        Array.Reverse(turned);
        return turned;
    }

    private static double[] Fall(ReadOnlySpan<double> values)
    {
        var blocks = new Stack<Block>();
        foreach (var value in values)
            Pool(blocks, value);
        return [.. blocks.Reverse().SelectMany(b => Enumerable.Repeat(b.Mean, b.Count))];
    }

    // For each number of values from the start: what the best fit that never rises leaves over, and its levels.
    private static (double Squares, int Levels)[] Prefixes(ReadOnlySpan<double> values)
    {
        var result = new (double, int)[values.Length];
        var blocks = new Stack<Block>();
        var total = 0.0;
        for (var i = 0; i < values.Length; i++)
        {
            total += Pool(blocks, values[i]);
            result[i] = (Math.Max(0, total), blocks.Count);
        }

        return result;
    }

    // Adds a value, and joins it with those before that it rises above. Gives what the sum of squares grew by.
    private static double Pool(Stack<Block> blocks, double value)
    {
        var block = new Block(1, value, 0);
        var replaced = 0.0;
        while (blocks.Count > 0 && blocks.Peek().Mean <= block.Mean)
        {
            var before = blocks.Pop();
            replaced += before.Squares;
            var count = before.Count + block.Count;
            var apart = block.Mean - before.Mean;
            block = new Block(
                count, before.Mean + apart * block.Count / count,
                before.Squares + block.Squares + apart * apart * before.Count * block.Count / count);
        }

        blocks.Push(block);
        return block.Squares - replaced;
    }

    // Neighbours that share their mean, and their squares about it.
    private readonly record struct Block(int Count, double Mean, double Squares);
}
