using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>A token that is found in a text before the model sees it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="IsSpecial">Whether decoding can leave it out.</param>
/// <param name="SingleWord">Whether it must not touch a word.</param>
/// <param name="StripsLeft">Whether it takes the whitespace in front of it along.</param>
/// <param name="StripsRight">Whether it takes the whitespace behind it along.</param>
/// <param name="IsNormalized">Whether it is looked for in the normalized text.</param>
internal sealed record AddedToken(
    int Id, string Content, bool IsSpecial, bool SingleWord, bool StripsLeft, bool StripsRight, bool IsNormalized)
{
    /// <summary>Reads a token of <c>added_tokens</c>, or of <c>added_tokens_decoder</c>, where the id is the key.</summary>
    public static AddedToken Read(JsonPlace place, int? id = null)
    {
        var content = place.Get("content").Text();
        return content.Length > 0
            ? new AddedToken(
                id ?? place.Get("id").Whole(0, TokenModel.HighestId), content, place.Flag("special"), place.Flag("single_word"),
                place.Flag("lstrip"), place.Flag("rstrip"), place.Flag("normalized", true))
            : throw place.Get("content").Wrong("the token is empty");
    }
}
