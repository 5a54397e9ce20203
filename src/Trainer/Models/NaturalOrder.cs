namespace LoraLint.Trainer.Models;

/// <summary>Names with numbers in the order of the numbers: layer 2 before layer 10.</summary>
internal static class NaturalOrder
{
    /// <summary>Compares part by part; parts that are numbers by their size.</summary>
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    private static int Compare(string a, string b)
    {
        var partsA = a.Split('.');
        var partsB = b.Split('.');
        for (var i = 0; i < Math.Min(partsA.Length, partsB.Length); i++)
        {
            var order = int.TryParse(partsA[i], out var x) && int.TryParse(partsB[i], out var y)
                ? x.CompareTo(y) : string.CompareOrdinal(partsA[i], partsB[i]);
            if (order != 0)
                return order;
        }

        // Numbers may be spelled in two ways; the names stay different.
        var length = partsA.Length.CompareTo(partsB.Length);
        return length != 0 ? length : string.CompareOrdinal(a, b);
    }
}
