namespace LoraLint.Rules.Knowledge;

/// <summary>How far a written name is from a known one: the edits between them, and the words they share.</summary>
public static class NameDistance
{
    /// <summary>A cost that grows with the distance, or null when one is hardly meant for the other.</summary>
    public static int? Between(string written, string known)
    {
        var a = Plain(written);
        var b = Plain(known);
        if (string.Equals(a, b, StringComparison.Ordinal))
        {
            return 0;
        }

        if (a.Length == 0)
        {
            return null;
        }

        var wordsA = Words(a);
        var wordsB = Words(b);
        if (string.Equals(string.Join("_", wordsA), string.Join("_", wordsB), StringComparison.Ordinal))
        {
            return 1;
        }

        var limit = Math.Min(a.Length, b.Length) / 3;
        if (Math.Abs(a.Length - b.Length) <= limit)
        {
            var edits = Edits(a, b);
            if (edits <= limit)
            {
                return (2 * edits) + (a[0] == b[0] ? 0 : 1);
            }
        }

        // `r` for `lora_r`, `alpha` for `lora_alpha`: every word of one is in the other, and little else is.
        var fewer = wordsA.Length < wordsB.Length ? wordsA : wordsB;
        var more = wordsA.Length < wordsB.Length ? wordsB : wordsA;
        if (more.Length - fewer.Length == 1 && Within(fewer, more))
        {
            return 20 + Math.Abs(a.Length - b.Length);
        }

        return null;
    }

    /// <summary>Damerau-Levenshtein distance in its restricted form: swapped neighbours count as one edit.</summary>
    public static int Edits(string a, string b)
    {
        var before = new int[b.Length + 1];
        var last = new int[b.Length + 1];
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = a[i - 1] == b[j - 1] ? 0 : 1;
                var cost = Math.Min(Math.Min(row[j - 1] + 1, last[j] + 1), last[j - 1] + same);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    cost = Math.Min(cost, before[j - 2] + 1);
                }

                row[j] = cost;
            }

            var spare = before;
            before = last;
            last = row;
            row = spare;
        }

        return last[b.Length];
    }

    private static string Plain(string name) => name.Replace('-', '_').ToLowerInvariant();

    private static string[] Words(string name)
    {
        var words = name.Split(new[] { '_' }, StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(words, StringComparer.Ordinal);
        return words;
    }

    private static bool Within(string[] fewer, string[] more)
    {
        foreach (var word in fewer)
        {
            if (Array.IndexOf(more, word) < 0)
            {
                return false;
            }
        }

        return fewer.Length > 0;
    }
}
