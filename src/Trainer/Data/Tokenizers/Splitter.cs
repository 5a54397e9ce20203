using System.Text;
using LoraLint.Trainer.Json;
using LoraLint.Trainer.Data.Tokenizers.Patterns;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>Finds the places that a text is split or replaced at: by a pattern, by a literal text, or code point by code point.</summary>
internal abstract class Splitter
{
    /// <summary>Adds the matches from left to right.</summary>
    public abstract void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches);

    /// <summary>The <c>pattern</c> of a Split or Replace: <c>{"String": ...}</c> or <c>{"Regex": ...}</c>.</summary>
    public static Splitter Read(JsonPlace place)
    {
        if (place.Find("String") is { } literal)
            return new LiteralSplitter(literal.Text());
        var regex = place.Get("Regex");
        try
        {
            return new PatternSplitter(new TokenPattern(regex.Text()));
        }
        catch (FormatException exception)
        {
            throw regex.Wrong($"the pattern has {exception.Message}");
        }
    }

    /// <summary>Every code point of a kind is a match of its own.</summary>
    public static Splitter Each(Func<int, bool> isMatch) => new PointSplitter(isMatch);

    /// <summary>Every occurrence of a text.</summary>
    public static Splitter Literal(string text) => new LiteralSplitter(text);

    /// <summary>Every match of a pattern.</summary>
    public static Splitter Of(string pattern) => new PatternSplitter(new TokenPattern(pattern));

    private sealed class PatternSplitter(TokenPattern pattern) : Splitter
    {
        public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            if (text.Length > 0)
                pattern.FindAll(text, matches);
        }
    }

    private sealed class LiteralSplitter(string literal) : Splitter
    {
        public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            if (literal.Length == 0)
                return;
            var at = 0;
            while (text[at..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var found)
            {
                matches.Add((at + found, at + found + literal.Length));
                at += found + literal.Length;
            }
        }
    }

    private sealed class PointSplitter(Func<int, bool> isMatch) : Splitter
    {
        public override void FindAll(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
        {
            for (var at = 0; at < text.Length;)
            {
                Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
                if (isMatch(rune.Value))
                    matches.Add((at, at + length));
                at += length;
            }
        }
    }
}
