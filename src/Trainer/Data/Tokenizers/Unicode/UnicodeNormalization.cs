using System.Globalization;
using System.Text;

namespace LoraLint.Trainer.Data.Tokenizers.Unicode;

/// <summary>
/// The four Unicode normalization forms (UAX 15). <see cref="string.Normalize()"/> cannot serve: without ICU it returns what it is given.
/// </summary>
internal static class UnicodeNormalization
{
    // Hangul syllables are decomposed and composed by arithmetic.
    private const int Syllable = 0xAC00;
    private const int Lead = 0x1100;
    private const int Vowel = 0x1161;
    private const int Tail = 0x11A7;
    private const int Vowels = 21;
    private const int Tails = 28;
    private const int Syllables = 19 * Vowels * Tails;

    /// <summary>The first characters, all of which NFC leaves alone.</summary>
    private const int FirstComposable = 0x300;

    private static readonly Dictionary<int, int[]> Canonical = [];
    private static readonly Dictionary<int, int[]> Compatible = [];
    private static readonly Dictionary<int, byte> Classes = [];
    private static readonly Dictionary<(int First, int Second), int> Compositions = [];

    /// <summary>Code points that NFC changes, or that can change or join what stands before them.</summary>
    private static readonly HashSet<int> Unstable = [];

    static UnicodeNormalization()
    {
        using var stream = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("normalization.txt")!;
        using var reader = new StreamReader(stream, Encoding.ASCII);
        while (reader.ReadLine() is { } line)
        {
            if (line[0] == '#')
                continue;
            Read(line[0], [.. line[2..].Split(' ')
                .Select(hex => int.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))]);
        }
        for (var point = Vowel; point < Vowel + Vowels; point++)
            Unstable.Add(point);
        for (var point = Tail + 1; point < Tail + Tails; point++)
            Unstable.Add(point);
    }

    private static void Read(char kind, int[] numbers)
    {
        switch (kind)
        {
            case 'c':
                Canonical.Add(numbers[0], numbers[1..]);
                Compositions.Add((numbers[1], numbers[2]), numbers[0]);
                Unstable.Add(numbers[2]);
                break;
            case 'd':
                Canonical.Add(numbers[0], numbers[1..]);
                Unstable.Add(numbers[0]);
                break;
            case 'k':
                Compatible.Add(numbers[0], numbers[1..]);
                break;
            default:
                for (var point = numbers[0]; point <= numbers[1]; point++)
                {
                    Classes.Add(point, (byte)numbers[2]);
                    Unstable.Add(point);
                }
                break;
        }
    }

    /// <summary>A text in a form.</summary>
    /// <param name="text">Well-formed UTF-16.</param>
    /// <param name="form">The form.</param>
    public static string Normalize(string text, NormalizationForm form)
    {
        if (System.Text.Ascii.IsValid(text) || form == NormalizationForm.FormC && IsComposed(text))
            return text;
        var points = new List<int>(text.Length);
        var compatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;
        foreach (var rune in text.EnumerateRunes())
            Decompose(rune.Value, compatible, points);
        Order(points);
        if (form is NormalizationForm.FormC or NormalizationForm.FormKC)
            Compose(points);
        var result = new StringBuilder(points.Count);
        foreach (var point in points)
            result.Append(new Rune(point));
        return result.ToString();
    }

    private static bool IsComposed(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (rune.Value >= FirstComposable && Unstable.Contains(rune.Value))
                return false;
        return true;
    }

    private static void Decompose(int point, bool compatible, List<int> points)
    {
        if (point is >= Syllable and < Syllable + Syllables)
        {
            var index = point - Syllable;
            points.Add(Lead + index / (Vowels * Tails));
            points.Add(Vowel + index % (Vowels * Tails) / Tails);
            if (index % Tails > 0)
                points.Add(Tail + index % Tails);
        }
        else if (Canonical.TryGetValue(point, out var parts) || compatible && Compatible.TryGetValue(point, out parts))
        {
            foreach (var part in parts)
                Decompose(part, compatible, points);
        }
        else
        {
            points.Add(point);
        }
    }

    /// <summary>Sorts each run of combining marks by class; equal ones keep their order.</summary>
    private static void Order(List<int> points)
    {
        for (var start = 0; start < points.Count; start++)
        {
            if (Class(points[start]) == 0)
                continue;
            var end = start + 1;
            while (end < points.Count && Class(points[end]) != 0)
                end++;
            if (end - start > 1)
            {
                var sorted = points.GetRange(start, end - start).OrderBy(Class).ToList();
                for (var i = start; i < end; i++)
                    points[i] = sorted[i - start];
            }
            start = end;
        }
    }

    /// <summary>Joins each mark with the starter before it unless a mark of the same or a higher class stands between.</summary>
    private static void Compose(List<int> points)
    {
        var (starter, lastClass, count) = (-1, 0, 0);
        for (var i = 0; i < points.Count; i++)
        {
            var point = points[i];
            var order = Class(point);
            var isNext = starter >= 0 && starter == count - 1;
            if (starter >= 0 && (isNext || lastClass < order) && Join(points[starter], point) is { } joined)
            {
                points[starter] = joined;
                continue;
            }
            if (order == 0)
                starter = count;
            lastClass = order;

            // Never ahead of what is being read: joining only makes the text shorter.
            points[count++] = point;
        }
        points.RemoveRange(count, points.Count - count);
    }

    private static int? Join(int first, int second)
    {
        if (first is >= Lead and < Lead + 19 && second is >= Vowel and < Vowel + Vowels)
            return Syllable + ((first - Lead) * Vowels + second - Vowel) * Tails;
        if (first is >= Syllable and < Syllable + Syllables && (first - Syllable) % Tails == 0 && second is > Tail and < Tail + Tails)
            return first + second - Tail;
        return Compositions.TryGetValue((first, second), out var joined) ? joined : null;
    }

    private static int Class(int point) => point < FirstComposable ? 0 : Classes.GetValueOrDefault(point);
}
