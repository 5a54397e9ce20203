namespace LoraLint.Advisor.Lsp;

/// <summary>
/// Half characters in JSON. A text in an editor may hold one, JavaScript sends it as an escape such as <c>\ud83d</c>, and no text of
/// .NET's JSON can: with the message the edit would be lost, and every later one would land in the wrong place.
/// </summary>
internal static class LoneSurrogates
{
    private const int EscapeLength = 6;

    /// <summary>Puts the replacement character, which is as long, in place of each half that stands alone.</summary>
    /// <param name="json">JSON as UTF-8; changed in place.</param>
    public static void Replace(Span<byte> json)
    {
        for (var at = 0; at + EscapeLength <= json.Length;)
        {
            var next = json[at..].IndexOf((byte)'\\');
            if (next < 0)
                return;
            at += next;
            if (HalfAt(json, at) is not { } half)
            {
                // Of two backslashes the second one escapes nothing.
                at += 2;
                continue;
            }

            if (half == 'D' && HalfAt(json, at + EscapeLength) == 'C')
            {
                at += 2 * EscapeLength;
                continue;
            }

            "fffd"u8.CopyTo(json[(at + 2)..]);
            at += EscapeLength;
        }
    }

    // D for the first half of a pair, C for the second, null for what is no half.
    private static char? HalfAt(ReadOnlySpan<byte> json, int at)
    {
        if (at + EscapeLength > json.Length || json[at] != (byte)'\\' || json[at + 1] != (byte)'u' || (json[at + 2] | 0x20) != (byte)'d')
            return null;
        return (char)(json[at + 3] | 0x20) switch
        {
            '8' or '9' or 'a' or 'b' => 'D',
            'c' or 'd' or 'e' or 'f' => 'C',
            _ => null,
        };
    }
}
