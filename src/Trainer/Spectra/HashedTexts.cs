using System.Text;
using LoraLint.Trainer.Models.Initialisation;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// Texts as points without a model: counts of their words and pairs of words, hashed into <see cref="Buckets"/> with a sign, so that what
/// meets in a bucket cancels out on the average (Weinberger et al., arXiv 0902.2206). A count n weighs (1 + ln n) times
/// 1 + ln((1 + N) / (1 + texts that have it)), and each text has length 1. What such points show is how varied the texts are, and nothing
/// about what a model knows already.
/// </summary>
internal static class HashedTexts
{
    /// <summary>Dimensions of a point.</summary>
    public const int Buckets = 1 << 14;

    /// <summary>The spectrum of texts around their mean.</summary>
    /// <param name="texts">Two or more.</param>
    public static Spectrum Measure(IReadOnlyList<string> texts)
    {
        var points = Weigh([.. texts.Select(Count)]);
        var gram = new DenseMatrix(points.Count, points.Count);
        for (var i = 0; i < points.Count; i++)
        {
            for (var j = 0; j <= i; j++)
                gram[i, j] = gram[j, i] = Product(points[i], points[j]);
        }

        Centre(gram);
        return SpectrumSolver.OfGram(gram, points.Count, Buckets);
    }

    private static SortedDictionary<int, int> Count(string text)
    {
        var counts = new SortedDictionary<int, int>();
        var before = 0UL;
        foreach (var word in Words(text))
        {
            Add(word);
            if (before != 0)
                Add(SplitMix64.Mix(before) ^ word);
            before = word;
        }

        return counts;

        void Add(ulong feature)
        {
            var mixed = SplitMix64.Mix(feature);
            // The lowest bit is the sign, kept beside the bucket until counts are weighed.
            var key = (int)(mixed >> 32) & (Buckets - 1);
            counts[(2 * key) + (int)(mixed & 1)] = counts.GetValueOrDefault((2 * key) + (int)(mixed & 1)) + 1;
        }
    }

    // FNV-1a of each run of letters and digits, in lower case.
    private static IEnumerable<ulong> Words(string text)
    {
        const ulong Start = 0xCBF29CE484222325;
        var hash = Start;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
            {
                hash = (hash ^ (uint)Rune.ToLowerInvariant(rune).Value) * 0x100000001B3;
            }
            else if (hash != Start)
            {
                yield return hash;
                hash = Start;
            }
        }

        if (hash != Start)
            yield return hash;
    }

    private static List<(int Bucket, double Value)[]> Weigh(List<SortedDictionary<int, int>> counted)
    {
        var texts = new Dictionary<int, int>();
        foreach (var feature in counted.SelectMany(c => c.Keys))
            texts[feature] = texts.GetValueOrDefault(feature) + 1;
        var points = new List<(int, double)[]>();
        foreach (var counts in counted)
        {
            var point = new SortedDictionary<int, double>();
            foreach (var (feature, count) in counts)
            {
                var weight = (1 + Math.Log(count)) * (1 + Math.Log((1.0 + counted.Count) / (1 + texts[feature])));
                point[feature / 2] = point.GetValueOrDefault(feature / 2) + (feature % 2 == 0 ? weight : -weight);
            }

            var norm = Math.Sqrt(point.Values.Sum(v => v * v));
            points.Add([.. point.Select(p => (p.Key, norm > 0 ? p.Value / norm : 0))]);
        }

        return points;
    }

    private static double Product((int Bucket, double Value)[] a, (int Bucket, double Value)[] b)
    {
        var sum = 0.0;
        for (int i = 0, j = 0; i < a.Length && j < b.Length;)
        {
            if (a[i].Bucket < b[j].Bucket)
                i++;
            else if (a[i].Bucket > b[j].Bucket)
                j++;
            else
                sum += a[i++].Value * b[j++].Value;
        }

        return sum;
    }

    // Products of points around their mean: (x - m)(y - m) = xy - xm - my + mm, where xm is the mean of a row of products.
    private static void Centre(DenseMatrix gram)
    {
        var means = Enumerable.Range(0, gram.Rows).Select(i => gram.Row(i).ToArray().Average()).ToArray();
        var mean = means.Average();
        for (var i = 0; i < gram.Rows; i++)
        {
            for (var j = 0; j < gram.Rows; j++)
                gram[i, j] += mean - means[i] - means[j];
        }
    }
}
