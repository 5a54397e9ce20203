using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>The tokens that go around a text: what the <c>post_processor</c> adds to a single sequence.</summary>
/// <param name="Before">Ids in front, such as the begin of the sequence.</param>
/// <param name="After">Ids behind.</param>
internal sealed record PostProcessor(int[] Before, int[] After)
{
    /// <summary>Nothing is added.</summary>
    public static PostProcessor None { get; } = new([], []);

    /// <summary>Reads a post-processor.</summary>
    /// <param name="place">Its place.</param>
    /// <param name="vocabularySize">Ids have to be below it.</param>
    public static PostProcessor Read(JsonPlace place, int vocabularySize)
    {
        var type = place.Get("type").Text();
        switch (type)
        {
            case "ByteLevel":
                // It changes offsets only.
                return None;
            case "TemplateProcessing":
                return ReadTemplate(place, vocabularySize);
            case "RobertaProcessing" or "BertProcessing":
                return new PostProcessor([ReadPair(place.Get("cls"), vocabularySize)], [ReadPair(place.Get("sep"), vocabularySize)]);
            case "Sequence":
                var all = None;
                foreach (var inner in place.Get("processors").Elements())
                {
                    var (before, after) = Read(inner, vocabularySize);
                    all = new PostProcessor([.. before, .. all.Before], [.. all.After, .. after]);
                }
                return all;
            default:
                throw place.Wrong($"the post-processor '{type}' is not supported");
        }
    }

    private static PostProcessor ReadTemplate(JsonPlace place, int vocabularySize)
    {
        var (before, after, seen) = (new List<int>(), new List<int>(), false);
        var single = place.Get("single");
        foreach (var piece in single.Elements())
        {
            if (piece.Find("Sequence") is { } sequence)
            {
                if (seen || sequence.Get("id").Text() != "A")
                    throw single.Wrong("the text has to be there once, as Sequence A");
                seen = true;
                continue;
            }
            var name = piece.Get("SpecialToken").Get("id");
            if (place.Get("special_tokens").Find(name.Text()) is not { } token)
                throw name.Wrong($"special_tokens has no '{name.Text()}'");
            (seen ? after : before).AddRange(token.Get("ids").Elements().Select(id => id.Whole(0, vocabularySize - 1)));
        }
        return seen ? new PostProcessor([.. before], [.. after]) : throw single.Wrong("the text is missing: no Sequence A");
    }

    private static int ReadPair(JsonPlace place, int vocabularySize) => place.Length == 2
        ? place.Elements().Last().Whole(0, vocabularySize - 1)
        : throw place.Wrong("a token and its id belong here");
}
