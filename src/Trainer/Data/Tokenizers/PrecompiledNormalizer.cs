using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>
/// SentencePiece's compiled replacements (<c>precompiled_charsmap</c>): a double-array trie from UTF-8 byte sequences to places in a blob
/// of replacements that end with a zero byte. Layout and look-up as in the crate spm_precompiled 0.1, which the tokenizers library uses.
/// </summary>
internal sealed class PrecompiledNormalizer : Normalizer
{
    private readonly uint[] _trie;
    private readonly byte[] _replacements;

    private PrecompiledNormalizer(uint[] trie, byte[] replacements) => (_trie, _replacements) = (trie, replacements);

    /// <summary>Reads <c>precompiled_charsmap</c>.</summary>
    public static new Normalizer Read(JsonPlace place)
    {
        var map = place.Get("precompiled_charsmap");
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(map.Text());
        }
        catch (FormatException)
        {
            throw map.Wrong("the text is no base64");
        }
        var size = bytes.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (size < 4 || size % 4 != 0 || size > bytes.Length - 4)
            throw map.Wrong("the trie's size does not fit the data");
        var trie = new uint[size / 4];
        for (var i = 0; i < trie.Length; i++)
            trie[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4 + 4 * i));
        return new PrecompiledNormalizer(trie, bytes[(4 + (int)size)..]);
    }

    /// <summary>
    /// Replaces grapheme clusters of less than six bytes as a whole where they are known, and else their code points. A replacement is
    /// chosen by the shortest known prefix, and stands for the whole of what was looked up.
    /// </summary>
    public override string Apply(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, at);
            var cluster = text.AsSpan(at, length);
            at += length;
            if (Encoding.UTF8.GetByteCount(cluster) < 6 && Find(cluster) is { } whole)
            {
                result.Append(whole);
                continue;
            }
            while (cluster.Length > 0)
            {
                Rune.DecodeFromUtf16(cluster, out var rune, out var width);
                result.Append(Find(cluster[..width]) ?? rune.ToString());
                cluster = cluster[width..];
            }
        }
        return result.ToString();
    }

    private string? Find(ReadOnlySpan<char> text)
    {
        Span<byte> key = stackalloc byte[8];
        var node = Offset(_trie[0]);
        foreach (var label in key[..Encoding.UTF8.GetBytes(text, key)])
        {
            node ^= label;
            if (label == 0 || node >= _trie.Length || (_trie[node] & 0x800000FF) != label)
                return null;
            var unit = _trie[node];
            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 0)
                continue;
            var start = node < _trie.Length ? _trie[node] & int.MaxValue : uint.MaxValue;
            if (start >= _replacements.Length)
                return null;
            var rest = _replacements.AsSpan((int)start);
            var end = rest.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
        }
        return null;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);
}
