namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>A stretch of text on its way to tokens.</summary>
/// <param name="Source">The text that it is a part of.</param>
/// <param name="Start">Its first character.</param>
/// <param name="Length">Its number of characters.</param>
/// <param name="IsFirst">Whether it begins where the whole text begins.</param>
/// <param name="Token">The id of the added token that it is; -1 for text that the model has yet to see.</param>
internal readonly record struct Piece(string Source, int Start, int Length, bool IsFirst, int Token = -1)
{
    /// <summary>Its characters.</summary>
    public ReadOnlySpan<char> Text => Source.AsSpan(Start, Length);

    /// <summary>A whole text.</summary>
    public static Piece Of(string text, bool isFirst) => new(text, 0, text.Length, isFirst);

    /// <summary>A part of it.</summary>
    public Piece Slice(int start, int length) => new(Source, Start + start, length, IsFirst && start == 0);
}
