using System.Globalization;
using System.Text;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>How tokens become text again: the <c>decoder</c>.</summary>
internal abstract class Decoder
{
    /// <summary>The tokens after a step; joined they are the text.</summary>
    public abstract List<string> Apply(List<string> tokens);

    /// <summary>Reads a decoder.</summary>
    public static Decoder Read(JsonPlace place)
    {
        var type = place.Get("type").Text();
        return type switch
        {
            "ByteLevel" => new ByteLevel(),
            "ByteFallback" => new ByteFallback(),
            "Fuse" => new Fuse(),
            "Strip" => ReadStrip(place),
            "Replace" => new Replace(Splitter.Read(place.Get("pattern")), place.Get("content").Text()),
            "Metaspace" => ReadMetaspace(place),
            "Sequence" => new Sequence([.. place.Get("decoders").Elements().Select(Read)]),
            _ => throw place.Wrong($"the decoder '{type}' is not supported"),
        };
    }

    private static Strip ReadStrip(JsonPlace place)
    {
        var content = place.Get("content").Text();
        return content.EnumerateRunes().Count() == 1
            ? new Strip(content, place.Get("start").Whole(0, int.MaxValue), place.Get("stop").Whole(0, int.MaxValue))
            : throw place.Get("content").Wrong("not one character");
    }

    private static Metaspace ReadMetaspace(JsonPlace place)
    {
        var (replacement, scheme) = PreTokenizer.ReadMetaspaceOptions(place);
        return new Metaspace(replacement, scheme != "never");
    }

    private sealed class ByteLevel : Decoder
    {
        /// <summary>Bytes that are no UTF-8 become U+FFFD, as Rust's <c>from_utf8_lossy</c> does.</summary>
        public override List<string> Apply(List<string> tokens)
        {
            var bytes = new List<byte>();
            foreach (var token in tokens)
                ByteAlphabet.AppendBytes(token, bytes);
            return [Encoding.UTF8.GetString(bytes.ToArray())];
        }
    }

    private sealed class ByteFallback : Decoder
    {
        private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

        /// <summary>Runs of tokens such as &lt;0xE4&gt; become the text they spell; a U+FFFD for each when they spell none.</summary>
        public override List<string> Apply(List<string> tokens)
        {
            var result = new List<string>(tokens.Count);
            var run = new List<byte>();
            foreach (var token in tokens)
            {
                if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                    && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                {
                    run.Add(value);
                    continue;
                }
                Flush(run, result);
                result.Add(token);
            }
            Flush(run, result);
            return result;
        }

        private static void Flush(List<byte> run, List<string> result)
        {
            if (run.Count == 0)
                return;
            try
            {
                result.Add(Strict.GetString(run.ToArray()));
            }
            catch (DecoderFallbackException)
            {
                result.AddRange(Enumerable.Repeat("\uFFFD", run.Count));
            }
            run.Clear();
        }
    }

    private sealed class Fuse : Decoder
    {
        public override List<string> Apply(List<string> tokens) => [string.Concat(tokens)];
    }

    private sealed class Strip(string content, int start, int stop) : Decoder
    {
        public override List<string> Apply(List<string> tokens) => [.. tokens.Select(token =>
        {
            var rest = token.AsSpan();
            for (var i = 0; i < start && rest.StartsWith(content); i++)
                rest = rest[content.Length..];
            for (var i = 0; i < stop && rest.EndsWith(content); i++)
                rest = rest[..^content.Length];
            return rest.ToString();
        })];
    }

    private sealed class Replace(Splitter splitter, string content) : Decoder
    {
        public override List<string> Apply(List<string> tokens) =>
            [.. tokens.Select(token => Normalizer.ReplaceAll(token, splitter, content))];
    }

    private sealed class Metaspace(string replacement, bool dropsFirst) : Decoder
    {
        public override List<string> Apply(List<string> tokens) => [.. tokens.Select((token, index) =>
            token.Replace(replacement, index == 0 && dropsFirst ? "" : " ", StringComparison.Ordinal))];
    }

    private sealed class Sequence(Decoder[] decoders) : Decoder
    {
        public override List<string> Apply(List<string> tokens) =>
            decoders.Aggregate(tokens, (current, decoder) => decoder.Apply(current));
    }
}
