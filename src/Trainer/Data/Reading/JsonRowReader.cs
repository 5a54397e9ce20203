namespace LoraLint.Trainer.Data.Reading;

/// <summary>
/// Reads the rows of a JSON Lines file, or the items of a file that is one JSON list, without holding more than one of them. Which of the
/// two a file is, its first character tells: both are found under either extension.
/// </summary>
internal sealed class JsonRowReader : IDisposable
{
    /// <summary>Bytes of a row at most: what lies between is no data, or no line breaks where there should be some.</summary>
    public const int LongestRow = 16 << 20;

    private readonly string _path;
    private readonly FileStream _file;
    private byte[] _buffer = new byte[1 << 16];

    // The unread bytes, and the line that the first of them is on.
    private int _start;
    private int _end;
    private long _line = 1;
    // The last item that was begun on; 0 for lines.
    private long _item;

    private State _state;

    /// <summary>Opens a file.</summary>
    public JsonRowReader(string path)
    {
        _path = path;
        _file = DataFile.Open(path);
    }

    private enum State
    {
        Unknown,
        Lines,
        ListItem,
        ListBehindItem,
        ListBehindComma,
        End,
    }

    /// <summary>Whether rows are lines; known once one was read.</summary>
    public bool HasLines { get; private set; }

    /// <summary>Reads the next row.</summary>
    /// <param name="row">Its bytes, valid until the next call.</param>
    /// <param name="place">Where it begins.</param>
    /// <returns>False behind the last one.</returns>
    public bool Next(out ReadOnlyMemory<byte> row, out DataPlace place)
    {
        while (SkipSpace())
        {
            place = Here;
            var first = _buffer[_start];
            switch (_state)
            {
                case State.Unknown:
                    HasLines = first != '[';
                    _state = HasLines ? State.Lines : State.ListItem;
                    if (!HasLines)
                        Consume(1);
                    break;
                case State.Lines:
                    row = Take(LineLength());
                    return true;
                case State.ListItem or State.ListBehindItem when first == ']':
                    Consume(1);
                    _state = State.End;
                    break;
                case State.ListItem or State.ListBehindComma:
                    _item++;
                    place = Here;
                    row = Take(ItemLength());
                    _state = State.ListBehindItem;
                    return true;
                case State.ListBehindItem when first == ',':
                    Consume(1);
                    _state = State.ListBehindComma;
                    break;
                case State.ListBehindItem:
                    throw place.Error($"'{Shown(first)}' behind a row of the list, where a comma or ']' belongs");
                default:
                    throw place.Error("there is more behind the ']' that ends the list");
            }
        }

        place = Here;
        row = default;
        return _state is State.ListItem or State.ListBehindItem or State.ListBehindComma
            ? throw place.Error("the file ends within the list: its ']' is missing")
            : false;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private DataPlace Here => new(_path, _line, _item);

    private static string Shown(byte b) => b is >= 0x20 and < 0x7F ? ((char)b).ToString() : $"\\x{b:X2}";

    // Goes to the next byte that is no white space; false at the end of the file.
    private bool SkipSpace()
    {
        while (true)
        {
            var rest = _buffer.AsSpan(_start.._end);
            var next = rest.IndexOfAnyExcept(" \t\r\n"u8);
            Consume(next < 0 ? rest.Length : next);
            if (next >= 0)
                return true;
            if (!Fill())
                return false;
        }
    }

    private int LineLength()
    {
        var length = 0;
        while (true)
        {
            var found = _buffer.AsSpan((_start + length).._end).IndexOf((byte)'\n');
            length = found < 0 ? _end - _start : length + found;
            CheckLength(length);
            if (found >= 0 || !Fill())
                return length;
        }
    }

    // Finds the end of an item by its brackets and quotes; whether it is right inside, parsing tells.
    private int ItemLength()
    {
        var (length, depth) = (0, 0);
        var (isInText, isEscaped) = (false, false);
        while (true)
        {
            for (; _start + length < _end; length++)
            {
                var b = _buffer[_start + length];
                if (isInText)
                {
                    isInText = isEscaped || b != '"';
                    isEscaped = !isEscaped && b == '\\';
                }
                else if (depth == 0 && b is (byte)',' or (byte)']' or (byte)'}')
                {
                    // A closing brace belongs to no row: it becomes the row, and parsing says what is wrong with it.
                    return Math.Max(length, 1);
                }
                else if (b is (byte)'[' or (byte)'{')
                {
                    depth++;
                }
                else if (b is (byte)']' or (byte)'}')
                {
                    if (--depth == 0)
                        return length + 1;
                }
                else
                {
                    isInText = b == '"';
                }
            }

            CheckLength(length);
            if (!Fill())
                return length;
        }
    }

    private void CheckLength(int length)
    {
        if (length > LongestRow)
            throw Here.Error($"a row has more than {LongestRow >> 20} MiB; split it, or put each row on a line of its own");
    }

    private ReadOnlyMemory<byte> Take(int length)
    {
        var row = _buffer.AsMemory(_start, length);
        Consume(length);
        return row;
    }

    private void Consume(int length)
    {
        _line += _buffer.AsSpan(_start, length).Count((byte)'\n');
        _start += length;
    }

    // Reads more behind the unread bytes; false at the end of the file.
    private bool Fill()
    {
        _buffer.AsSpan(_start.._end).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        var read = DataFile.Read(_file, _buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }
}
