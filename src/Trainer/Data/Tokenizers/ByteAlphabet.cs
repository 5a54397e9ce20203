using System.Text;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>
/// GPT-2's printable stand-ins for the 256 bytes (openai/gpt-2, src/encoder.py): printable Latin-1 characters stand for themselves, the
/// rest for the characters from U+0100 on, so that a space is Ġ.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = new char[256];
    private static readonly short[] Bytes = new short[512];

    static ByteAlphabet()
    {
        Array.Fill(Bytes, (short)-1);
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var isPrintable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            Characters[value] = (char)(isPrintable ? value : next++);
            Bytes[Characters[value]] = (short)value;
        }
    }

    /// <summary>The stand-in of a byte.</summary>
    public static char ToCharacter(byte value) => Characters[value];

    /// <summary>Adds the stand-ins of a text's UTF-8 bytes.</summary>
    public static void Append(ReadOnlySpan<char> text, StringBuilder characters)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                characters.Append(Characters[rune.Value]);
                continue;
            }
            var count = rune.EncodeToUtf8(bytes);
            for (var i = 0; i < count; i++)
                characters.Append(Characters[bytes[i]]);
        }
    }

    /// <summary>Adds the bytes that a token stands for; its own UTF-8 when it has a character that is no stand-in.</summary>
    public static void AppendBytes(string token, List<byte> bytes)
    {
        var start = bytes.Count;
        foreach (var character in token)
        {
            if (character < Bytes.Length && Bytes[character] >= 0)
            {
                bytes.Add((byte)Bytes[character]);
                continue;
            }
            bytes.RemoveRange(start, bytes.Count - start);
            bytes.AddRange(Encoding.UTF8.GetBytes(token));
            return;
        }
    }
}
