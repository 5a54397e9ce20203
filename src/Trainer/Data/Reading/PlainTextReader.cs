using System.Text;

namespace LoraLint.Trainer.Data.Reading;

/// <summary>
/// Reads a plain text file as one document, piece by piece, so that a file of any size takes little memory. A small file is one piece. A
/// piece of a large one ends behind the last blank line of it, else behind its last line, else its last space: tokens end there in all
/// families, but for a line break or two that would have been one token with what follows.
/// </summary>
internal sealed class PlainTextReader : IDisposable
{
    /// <summary>Characters of a piece at most.</summary>
    public const int LongestPiece = 1 << 20;

    private readonly string _path;
    private readonly FileStream _file;
    private readonly Decoder _decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private readonly byte[] _bytes = new byte[1 << 16];
    private readonly StringBuilder _text = new();
    private readonly char[] _chars = new char[(1 << 16) + 1];
    private long _line = 1;
    private bool _isAtEnd;
    private bool _endsWithReturn;

    /// <summary>Opens a file.</summary>
    public PlainTextReader(string path)
    {
        _path = path;
        _file = DataFile.Open(path);
    }

    /// <summary>Reads the next piece; null behind the last one. Line breaks are <c>\n</c>, whatever they are in the file.</summary>
    public string? Next()
    {
        while (!_isAtEnd && _text.Length < LongestPiece)
            Fill();
        if (_text.Length == 0)
            return null;
        var length = _isAtEnd && _text.Length <= LongestPiece ? _text.Length : Cut(_text.ToString(0, LongestPiece));
        var piece = _text.ToString(0, length);
        _text.Remove(0, length);
        return piece;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static int Cut(string text)
    {
        // Not in the first half, or a single blank line near the start would make pieces small.
        var half = text.Length / 2;
        foreach (var end in (ReadOnlySpan<string>)["\n\n", "\n", " "])
        {
            var found = text.LastIndexOf(end, StringComparison.Ordinal);
            if (found >= half)
                return found + end.Length;
        }

        return char.IsHighSurrogate(text[^1]) ? text.Length - 1 : text.Length;
    }

    private void Fill()
    {
        var read = DataFile.Read(_file, _bytes);
        _isAtEnd = read == 0;
        var bytes = _bytes.AsSpan(0, read);
        int count;
        try
        {
            count = _decoder.GetChars(bytes, _chars, flush: _isAtEnd);
        }
        catch (DecoderFallbackException e)
        {
            // The index may lie before this buffer, in a character that began in the last one.
            var line = _line + bytes[..Math.Clamp(e.Index, 0, read)].Count((byte)'\n');
            throw new DataPlace(_path, line).Error(
                $"byte 0x{e.BytesUnknown?.FirstOrDefault():X2} is not valid UTF-8; save the file as UTF-8", e);
        }

        var chars = _chars.AsSpan(0, count);
        var nul = chars.IndexOf('\0');
        if (nul >= 0)
        {
            throw new DataPlace(_path, _line + chars[..nul].Count('\n')).Error(
                "a NUL character: the file is not plain text, or is UTF-16; save it as UTF-8 text");
        }

        _line += chars.Count('\n');
        Append(chars);
    }

    // CR LF and a lone CR become LF, also where a buffer ends between the two.
    private void Append(ReadOnlySpan<char> chars)
    {
        if (chars.Length == 0)
            return;
        var isCounted = _endsWithReturn && chars[0] == '\n';
        _endsWithReturn = chars[^1] == '\r';
        if (isCounted)
            chars = chars[1..];
        while (chars.Length > 0)
        {
            var found = chars.IndexOf('\r');
            if (found < 0)
            {
                _text.Append(chars);
                return;
            }

            _text.Append(chars[..found]).Append('\n');
            chars = chars[(found + 1)..];
            if (chars.Length > 0 && chars[0] == '\n')
                chars = chars[1..];
        }
    }
}
