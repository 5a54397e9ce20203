using System.Buffers.Binary;

namespace LoraLint.Advisor.Advice.Curves.Reading;

/// <summary>Goes through the fields of a protocol buffers message: a key of field number and wire type, then what it holds.</summary>
/// <param name="message">The message.</param>
internal ref struct MessageFields(ReadOnlySpan<byte> message)
{
    /// <summary>The wire type of whole numbers of 1 to 10 bytes.</summary>
    public const int Varint = 0;

    /// <summary>The wire type of 8 bytes.</summary>
    public const int Fixed64 = 1;

    /// <summary>The wire type of texts, messages and packed lists.</summary>
    public const int Delimited = 2;

    /// <summary>The wire type of 4 bytes.</summary>
    public const int Fixed32 = 5;

    private ReadOnlySpan<byte> _left = message;

    /// <summary>The field's number.</summary>
    public ulong Field { get; private set; }

    /// <summary>The field's wire type.</summary>
    public int Wire { get; private set; }

    /// <summary>What a field of one of the numeric wire types holds, as bits.</summary>
    public ulong Number { get; private set; }

    /// <summary>What a delimited field holds.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>Whether the message turned out to be none.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Goes to the next field; false at the end, and where the message is damaged.</summary>
    public bool Next()
    {
        if (_left.Length == 0 || IsDamaged)
            return false;
        IsDamaged = !TryRead();
        return !IsDamaged;
    }

    private bool TryRead()
    {
        if (!TryVarint(out var key))
            return false;
        (Field, Wire) = (key >> 3, (int)(key & 7));
        switch (Wire)
        {
            case Varint:
                var isNumber = TryVarint(out var number);
                Number = number;
                return isNumber;
            case Fixed64 when _left.Length >= 8:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_left);
                _left = _left[8..];
                return true;
            case Fixed32 when _left.Length >= 4:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_left);
                _left = _left[4..];
                return true;
            case Delimited when TryVarint(out var length) && length <= (ulong)_left.Length:
                Bytes = _left[..(int)length];
                _left = _left[(int)length..];
                return true;
            default:
                return false;
        }
    }

    private bool TryVarint(out ulong value)
    {
        value = 0;
        for (var i = 0; i < _left.Length && i < 10; i++)
        {
            value |= (ulong)(_left[i] & 0x7F) << (7 * i);
            if (_left[i] >= 0x80)
                continue;
            _left = _left[(i + 1)..];
            return true;
        }

        return false;
    }
}
