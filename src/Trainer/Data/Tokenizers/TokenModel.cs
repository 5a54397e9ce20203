using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>The part of a tokenizer that turns a word into ids: the <c>model</c>.</summary>
internal abstract class TokenModel
{
    /// <summary>The highest id that is read: far beyond any vocabulary, and small enough for tables by id.</summary>
    public const int HighestId = (1 << 22) - 1;

    /// <summary>The number of tokens.</summary>
    public abstract int Count { get; }

    /// <summary>One more than the highest id.</summary>
    public abstract int Size { get; }

    /// <summary>The id of a token, or null.</summary>
    public abstract int? Find(ReadOnlySpan<char> token);

    /// <summary>The token of an id, or null.</summary>
    public abstract string? TokenOf(int id);

    /// <summary>Adds the ids of a word. May be called by several threads.</summary>
    public abstract void Encode(ReadOnlySpan<char> word, List<int> ids);

    /// <summary>Reads a model.</summary>
    public static TokenModel Read(JsonPlace place)
    {
        // Files of before 2020 name no type; they are told by what they hold, as the library does.
        var type = place.Text("type")
            ?? (place.Find("merges") is not null ? "BPE" : place.Find("unk_id") is not null ? "Unigram" : "WordLevel");
        return type switch
        {
            "BPE" => BytePairModel.Read(place),
            "Unigram" => UnigramModel.Read(place),
            _ => throw place.Wrong($"the model '{type}' is not supported; BPE and Unigram are"),
        };
    }
}
