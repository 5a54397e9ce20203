using System.Globalization;
using System.Text;
using LoraLint.Trainer.Json;
using LoraLint.Trainer.Data.Tokenizers.Patterns;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>How a normalized text is split into words, which the model then sees one by one: the <c>pre_tokenizer</c>.</summary>
internal abstract class PreTokenizer
{
    private const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>Splits every piece that is no token yet.</summary>
    public abstract List<Piece> Apply(List<Piece> pieces);

    /// <summary>Reads a pre-tokenizer.</summary>
    public static PreTokenizer Read(JsonPlace place)
    {
        var type = place.Get("type").Text();
        return type switch
        {
            "ByteLevel" => new ByteLevel(place.Flag("add_prefix_space", true), place.Flag("use_regex", true)),
            "Split" => new Split(Splitter.Read(place.Get("pattern")), ReadBehavior(place.Get("behavior")), place.Flag("invert")),
            "Metaspace" => ReadMetaspace(place),
            "Digits" => new Split(Splitter.Each(IsNumeric),
                place.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous, invert: false),
            "Punctuation" => new Split(Splitter.Each(IsPunctuation),
                place.Find("behavior") is { } behavior ? ReadBehavior(behavior) : SplitBehavior.Isolated, invert: false),
            "Whitespace" => new Split(Splitter.Of(@"[\w\u200C\u200D]+|[^\w\u200C\u200D\s]+"), SplitBehavior.Removed, invert: true),
            "WhitespaceSplit" => new Split(Splitter.Each(CharacterSet.IsSpace), SplitBehavior.Removed, invert: false),
            "CharDelimiterSplit" => new Split(Splitter.Literal(place.Get("delimiter").Text()), SplitBehavior.Removed, invert: false),
            "BertPreTokenizer" => new Sequence(
            [
                new Split(Splitter.Each(CharacterSet.IsSpace), SplitBehavior.Removed, invert: false),
                new Split(Splitter.Each(IsPunctuation), SplitBehavior.Isolated, invert: false),
            ]),
            "Sequence" => new Sequence([.. place.Get("pretokenizers").Elements().Select(Read)]),
            _ => throw place.Wrong($"the pre-tokenizer '{type}' is not supported"),
        };
    }

    private static SplitBehavior ReadBehavior(JsonPlace place) =>
        Enum.TryParse<SplitBehavior>(place.Text(), out var behavior) && Enum.IsDefined(behavior) && !char.IsAsciiDigit(place.Text()[0])
            ? behavior
            : throw place.Wrong($"the behavior '{place.Text()}' is not known; one of "
                + $"{string.Join(", ", Enum.GetNames<SplitBehavior>())} is");

    private static Metaspace ReadMetaspace(JsonPlace place)
    {
        var (replacement, scheme) = ReadMetaspaceOptions(place);
        return new Metaspace(replacement, scheme, place.Flag("split", true));
    }

    /// <summary>What Metaspace puts for a space, and when it puts one in front: always, first or never.</summary>
    public static (string Replacement, string Scheme) ReadMetaspaceOptions(JsonPlace place)
    {
        var replacement = place.Get("replacement").Text();
        if (replacement.EnumerateRunes().Count() != 1)
            throw place.Get("replacement").Wrong("not one character");
        var scheme = place.Text("prepend_scheme", "always")!;
        if (scheme is not ("always" or "first" or "never"))
            throw place.Get("prepend_scheme").Wrong($"'{scheme}' is not known; one of always, first, never is");
        if (place.Flag("add_prefix_space", true))
            return (replacement, scheme);
        return place.Find("prepend_scheme") is null || scheme == "never"
            ? (replacement, "never")
            : throw place.Wrong("add_prefix_space and prepend_scheme contradict each other");
    }

    private static bool IsNumeric(int point) => CharUnicodeInfo.GetUnicodeCategory(point) is UnicodeCategory.DecimalDigitNumber
        or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    private static bool IsPunctuation(int point) => point < 128
        ? char.IsPunctuation((char)point) || char.IsSymbol((char)point)
        : CharUnicodeInfo.GetUnicodeCategory(point) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private sealed class Split(Splitter splitter, SplitBehavior behavior, bool invert) : PreTokenizer
    {
        public override List<Piece> Apply(List<Piece> pieces)
        {
            var parts = new List<Piece>(pieces.Count);
            var matches = new List<(int Start, int End)>();
            foreach (var piece in pieces)
            {
                if (piece.Token >= 0)
                {
                    parts.Add(piece);
                    continue;
                }
                matches.Clear();
                splitter.FindAll(piece.Text, matches);
                PieceSplit.Add(piece, matches, behavior, invert, parts);
            }
            return parts;
        }
    }

    private sealed class ByteLevel(bool addPrefixSpace, bool splits) : PreTokenizer
    {
        private readonly Split? _split = splits ? new Split(Splitter.Of(Gpt2Pattern), SplitBehavior.Isolated, invert: false) : null;

        public override List<Piece> Apply(List<Piece> pieces)
        {
            if (addPrefixSpace)
                pieces = [.. pieces.Select(piece => piece.Token >= 0 || piece.Text.StartsWith(' ')
                    ? piece
                    : Piece.Of($" {piece.Text}", piece.IsFirst))];
            if (_split is not null)
                pieces = _split.Apply(pieces);

            // All pieces share one text of stand-ins.
            var characters = new StringBuilder();
            var ends = new int[pieces.Count];
            for (var i = 0; i < ends.Length; i++)
            {
                if (pieces[i].Token < 0)
                    ByteAlphabet.Append(pieces[i].Text, characters);
                ends[i] = characters.Length;
            }
            var source = characters.ToString();
            for (var i = 0; i < ends.Length; i++)
            {
                var start = i == 0 ? 0 : ends[i - 1];
                if (pieces[i].Token < 0)
                    pieces[i] = pieces[i] with { Source = source, Start = start, Length = ends[i] - start };
            }
            return pieces;
        }
    }

    private sealed class Metaspace(string replacement, string scheme, bool splits) : PreTokenizer
    {
        private readonly Split _split = new(Splitter.Literal(replacement), SplitBehavior.MergedWithNext, invert: false);

        public override List<Piece> Apply(List<Piece> pieces)
        {
            List<Piece> replaced = [.. pieces.Select(Replace)];
            return splits ? _split.Apply(replaced) : replaced;
        }

        private Piece Replace(Piece piece)
        {
            if (piece.Token >= 0)
                return piece;
            var text = piece.Text.ToString().Replace(" ", replacement, StringComparison.Ordinal);
            if ((scheme == "always" || scheme == "first" && piece.IsFirst) && !text.StartsWith(replacement, StringComparison.Ordinal))
                text = replacement + text;
            return Piece.Of(text, piece.IsFirst);
        }
    }

    private sealed class Sequence(PreTokenizer[] preTokenizers) : PreTokenizer
    {
        public override List<Piece> Apply(List<Piece> pieces) =>
            preTokenizers.Aggregate(pieces, (current, preTokenizer) => preTokenizer.Apply(current));
    }
}
