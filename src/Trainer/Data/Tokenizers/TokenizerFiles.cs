using System.Globalization;
using System.Text.Json;
using LoraLint.Trainer.Json;

namespace LoraLint.Trainer.Data.Tokenizers;

/// <summary>
/// Reads the tokenizer of a model's folder: <c>tokenizer.json</c>, with what <c>tokenizer_config.json</c> and
/// <c>special_tokens_map.json</c> say about it where they are there.
/// </summary>
public static class TokenizerFiles
{
    /// <summary>The most bytes of a file: the largest tokenizer.json known has 35 MB.</summary>
    internal const long MostBytes = 256L << 20;

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <exception cref="TrainerException">A file is missing, malformed, contradicts itself, or needs what is not supported.</exception>
    public static ITokenizer Load(string folder)
    {
        var path = Path.Combine(folder, "tokenizer.json");
        if (!File.Exists(path))
            throw new TrainerException(File.Exists(Path.Combine(folder, "tokenizer.model"))
                ? $"{path} is missing; tokenizer.model alone is not read: save the model again with a fast tokenizer"
                : $"{path} is missing");
        return Read(
            JsonFile.Read(path, MostBytes), ReadOptional(folder, "tokenizer_config.json"), ReadOptional(folder, "special_tokens_map.json"));
    }

    private static JsonPlace? ReadOptional(string folder, string name) =>
        File.Exists(Path.Combine(folder, name)) ? JsonFile.Read(Path.Combine(folder, name), MostBytes) : null;

    private static Tokenizer Read(JsonPlace file, JsonPlace? config, JsonPlace? map)
    {
        if (file.Find("version") is { } version && version.Text() != "1.0")
            throw version.Wrong($"version '{version.Text()}' is not known; 1.0 is");
        var model = TokenModel.Read(file.Get("model"));
        var added = ReadAddedTokens(file, config, model);
        var size = Math.Max(model.Size, added.Select(token => token.Id + 1).DefaultIfEmpty().Max());
        var begin = FindToken("bos_token");
        var end = FindToken("eos_token");
        var processor = file.Find("post_processor") is { } place ? PostProcessor.Read(place, size) : PostProcessor.None;
        return new Tokenizer(new TokenizerParts(
            model,
            file.Find("normalizer") is { } normalizer ? Normalizer.Read(normalizer) : null,
            file.Find("pre_tokenizer") is { } preTokenizer ? PreTokenizer.Read(preTokenizer) : null,
            Override(processor, config, begin, end),
            file.Find("decoder") is { } decoder ? Decoder.Read(decoder) : null,
            added, begin, end));

        int? FindToken(string name)
        {
            var token = config?.Find(name) ?? map?.Find(name);
            var text = token is not { } found ? null
                : found.Value.ValueKind == JsonValueKind.Object ? found.Get("content").Text() : found.Text();
            return text is null ? null
                : added.FirstOrDefault(candidate => candidate.Content == text)?.Id ?? model.Find(text)
                    ?? throw token!.Value.Wrong($"the token '{text}' is neither in the vocabulary nor among the added tokens");
        }
    }

    /// <summary>
    /// Added tokens in order. One that tokenizer_config.json has in <c>added_tokens_decoder</c> with other flags counts as it is there:
    /// transformers adds it again with those.
    /// </summary>
    private static List<AddedToken> ReadAddedTokens(JsonPlace file, JsonPlace? config, TokenModel model)
    {
        var tokens = new List<AddedToken>();
        var (byContent, ids) = (new Dictionary<string, int>(), new HashSet<int>());
        foreach (var place in file.Find("added_tokens")?.Elements() ?? [])
        {
            var token = AddedToken.Read(place);
            if (!byContent.TryAdd(token.Content, tokens.Count))
                throw place.Wrong($"the token '{token.Content}' is there twice");
            Check(place, token);
        }
        foreach (var (id, place) in DecoderTokens(config))
        {
            var token = AddedToken.Read(place, id);
            if (!byContent.TryGetValue(token.Content, out var index))
            {
                byContent.Add(token.Content, tokens.Count);
                Check(place, token);
            }
            else if (tokens[index].Id != id)
                throw place.Wrong($"the token '{token.Content}' has the id {id} here and {tokens[index].Id} in tokenizer.json");
            else
                tokens[index] = token;
        }
        return tokens;

        void Check(JsonPlace place, AddedToken token)
        {
            if (model.Find(token.Content) is { } known && known != token.Id)
                throw place.Wrong($"the token '{token.Content}' has the id {token.Id} here and {known} in the vocabulary");
            if (!ids.Add(token.Id) || model.TokenOf(token.Id) is { } other && other != token.Content)
                throw place.Wrong($"the id {token.Id} of the token '{token.Content}' belongs to another token");
            tokens.Add(token);
        }
    }

    private static IEnumerable<(int Id, JsonPlace Place)> DecoderTokens(JsonPlace? config)
    {
        if (config?.Find("added_tokens_decoder") is not { } decoder)
            return [];
        return decoder.Members()
            .Select(member => (
                int.TryParse(member.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id <= TokenModel.HighestId
                    ? id
                    : throw decoder.Wrong($"'{member.Name}' is no id"),
                member.Place))
            .OrderBy(pair => pair.Item1);
    }

    /// <summary>
    /// The fast tokenizers of the Llama and Gemma classes in transformers (4.x, update_post_processor) put begin and end of the sequence
    /// where <c>add_bos_token</c> and <c>add_eos_token</c> say, whatever tokenizer.json has.
    /// </summary>
    private static PostProcessor Override(PostProcessor processor, JsonPlace? config, int? begin, int? end)
    {
        if (config is not { } place || place.Text("tokenizer_class") is not { } name
            || !(name.StartsWith("Llama", StringComparison.Ordinal) || name.StartsWith("Gemma", StringComparison.Ordinal)
                || name.StartsWith("CodeLlama", StringComparison.Ordinal))
            || place.Find("add_bos_token") is null && place.Find("add_eos_token") is null)
            return processor;
        return new PostProcessor(
            place.Flag("add_bos_token", true) ? [begin ?? throw place.Wrong("add_bos_token is true and bos_token is missing")] : [],
            place.Flag("add_eos_token") ? [end ?? throw place.Wrong("add_eos_token is true and eos_token is missing")] : []);
    }
}
