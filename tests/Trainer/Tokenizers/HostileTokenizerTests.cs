using System.Text.Json.Nodes;
using LoraLint.Tests.Support;
using LoraLint.Trainer;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.Tokenizers;

namespace LoraLint.Tests.Trainer.Tokenizers;

public class HostileTokenizerTests
{
    private const string Good = """
        {
          "version": "1.0",
          "added_tokens": [
            {"id": 5, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
          "normalizer": null,
          "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "\\p{L}+|\\s+"}, "behavior": "Isolated", "invert": false},
          "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [5], "tokens": ["<s>"]}}},
          "decoder": {"type": "Fuse"},
          "model": {"type": "BPE", "unk_token": null, "vocab": {"a": 0, "b": 1, " ": 2, "ab": 3, "aab": 4}, "merges": ["a b", ["a", "ab"]]}
        }
        """;

    private const string Unigram = """{"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1], ["b", -2.5]]}""";

    [Fact]
    public void The_file_that_the_cases_spoil_is_good()
    {
        Assert.Equal([5, 4, 2, 1], Load(Good).Encode("aab b", addSpecialTokens: true));
        Assert.Equal([1, 2], Load(Edit("model", Unigram)).Encode("ab", addSpecialTokens: false));
    }

    [Theory]
    [InlineData("version", "\"2.0\"", "version: version '2.0' is not known")]
    [InlineData("model", "null", "'model' is missing")]
    [InlineData("model", "[]", "model: a list where an object belongs")]
    [InlineData("model.type", "\"WordPiece\"", "model: the model 'WordPiece' is not supported; BPE and Unigram are")]
    [InlineData("model.type", "\"WordLevel\"", "model: the model 'WordLevel' is not supported")]
    [InlineData("model.vocab", "{}", "model.vocab: the vocabulary is empty")]
    [InlineData("model.vocab.ab", "99999999999", "model.vocab.ab: 99999999999 where a whole number from 0 to 4194303 belongs")]
    [InlineData("model.vocab.ab", "-1", "model.vocab.ab: -1 where a whole number")]
    [InlineData("model.vocab.ab", "1.5", "model.vocab.ab: 1.5 where a whole number")]
    [InlineData("model.vocab.ab", "\"3\"", "model.vocab.ab: \"3\" where a whole number from 0 to 4194303 belongs")]
    [InlineData("model.vocab.ab", "0", "model.vocab: the tokens 'a' and 'ab' have the same id 0")]
    [InlineData("model.merges", "[\"a c\"]", "model.merges[0]: the token 'c' is not in the vocabulary")]
    [InlineData("model.merges", "[\"b a\"]", "model.merges[0]: the token 'ba' is not in the vocabulary")]
    [InlineData("model.merges", "[\"a b\", \"ab\"]", "model.merges[1]: 'ab' where two tokens with a space between belong")]
    [InlineData("model.merges", "[[\"a\", \"b\", \"c\"]]", "model.merges[0]: 3 tokens where two belong")]
    [InlineData("model.merges", "[7]", "model.merges[0]: 7 where a text belongs")]
    [InlineData("model.unk_token", "\"<unk>\"", "model.unk_token: the token '<unk>' is not in the vocabulary")]
    [InlineData("model.dropout", "0.1", "model.dropout: dropout of merges makes")]
    [InlineData("model.dropout", "\"x\"", "model.dropout: dropout of merges makes")]
    [InlineData("model.ignore_merges", "1", "model.ignore_merges: 1 where true or false belongs")]
    [InlineData("model", """{"type": "Unigram", "unk_id": 9, "vocab": [["a", 0]]}""",
        "model.unk_id: 9 where a whole number from 0 to 0 belongs")]
    [InlineData("model", """{"type": "Unigram", "vocab": [["a", 1e999]]}""", "model.vocab[0][1]: 1e999 where a finite number belongs")]
    [InlineData("model", """{"type": "Unigram", "vocab": [["a"]]}""", "model.vocab[0]: a token and its score belong here")]
    [InlineData("model", """{"type": "Unigram", "vocab": []}""", "model.vocab: 0 tokens")]
    [InlineData("added_tokens", "[{\"id\": 3, \"content\": \"<s>\"}]",
        "added_tokens[0]: the id 3 of the token '<s>' belongs to another token")]
    [InlineData("added_tokens", "[{\"id\": 5, \"content\": \"ab\"}]",
        "added_tokens[0]: the token 'ab' has the id 5 here and 3 in the vocabulary")]
    [InlineData("added_tokens", "[{\"id\": 5, \"content\": \"<s>\"}, {\"id\": 6, \"content\": \"<s>\"}]",
        "added_tokens[1]: the token '<s>' is there twice")]
    [InlineData("added_tokens", "[{\"id\": 5, \"content\": \"<s>\"}, {\"id\": 5, \"content\": \"</s>\"}]", "added_tokens[1]: the id 5")]
    [InlineData("added_tokens", "[{\"id\": 2147483648, \"content\": \"<s>\"}]", "added_tokens[0].id: 2147483648 where a whole number")]
    [InlineData("added_tokens", "[{\"id\": 5, \"content\": \"\"}]", "added_tokens[0].content: the token is empty")]
    [InlineData("normalizer", "{\"type\": \"Nmt\"}", "normalizer: the normalizer 'Nmt' is not supported")]
    [InlineData("normalizer", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"}",
        "normalizer.precompiled_charsmap: the trie's size does not fit")]
    [InlineData("normalizer", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"!\"}",
        "normalizer.precompiled_charsmap: the text is no base64")]
    [InlineData("normalizer", "{\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"NFC\"}, {}]}",
        "normalizer.normalizers[1]: 'type' is missing")]
    [InlineData("pre_tokenizer.behavior", "\"Sideways\"", "pre_tokenizer.behavior: the behavior 'Sideways' is not known")]
    [InlineData("pre_tokenizer.pattern", "{\"Regex\": \"(a\"}",
        "pre_tokenizer.pattern.Regex: the pattern has a group that does not end, at character 3")]
    [InlineData("pre_tokenizer.pattern", "{\"Regex\": \"(a)\\\\1\"}", "the pattern has the escape \\1, which is not supported")]
    [InlineData("pre_tokenizer.pattern", "{\"Regex\": \"\\\\p{Klingon}\"}",
        "the pattern has the property 'Klingon', which is not supported")]
    [InlineData("pre_tokenizer.pattern", "{\"Regex\": \"((((a{1000}){1000}){1000}){1000})\"}",
        "the pattern has repetitions that make the pattern too long")]
    [InlineData("pre_tokenizer.pattern", "{\"Regex\": \"(a*)*\"}",
        "the pattern has a repetition without bound of something that can be empty")]
    [InlineData("pre_tokenizer", "{\"type\": \"UnicodeScripts\"}", "pre_tokenizer: the pre-tokenizer 'UnicodeScripts' is not supported")]
    [InlineData("pre_tokenizer", "{\"type\": \"Metaspace\", \"replacement\": \"__\"}", "pre_tokenizer.replacement: not one character")]
    [InlineData("post_processor.single", "[]", "post_processor.single: the text is missing: no Sequence A")]
    [InlineData("post_processor.special_tokens", "{}", "post_processor.single[0].SpecialToken.id: special_tokens has no '<s>'")]
    [InlineData("post_processor.special_tokens", "{\"<s>\": {\"ids\": [6]}}",
        "post_processor.special_tokens['<s>'].ids[0]: 6 where a whole number from 0 to 5 belongs")]
    [InlineData("decoder", "{\"type\": \"CTC\"}", "decoder: the decoder 'CTC' is not supported")]
    public void A_wrong_value_is_told_by_file_and_place(string place, string value, string message) =>
        AssertRefused(Edit(place, value), message);

    [Fact]
    public void A_token_that_is_there_twice_is_told() =>
        AssertRefused(Good.Replace("\"b\": 1", "\"b\": 1, \"a\": 7", StringComparison.Ordinal), "model.vocab.a: the token is there twice");

    [Fact]
    public void Half_of_a_surrogate_pair_is_told()
    {
        AssertRefused(Good.Replace("\"content\": \"<s>\"", "\"content\": \"\\ud800\"", StringComparison.Ordinal),
            "added_tokens[0].content: the text holds half of a surrogate pair");
        AssertRefused(
            Good.Replace("\"b\": 1", "\"\\udc00\": 1", StringComparison.Ordinal), "model.vocab: a key holds half of a surrogate pair");
    }

    [Fact]
    public void A_file_that_is_cut_off_anywhere_is_an_error_that_names_it()
    {
        for (var length = 0; length < Good.Length - 1; length += 7)
            AssertRefused(Good[..length], "");
    }

    [Fact]
    public void Depth_beyond_reason_is_an_error() =>
        AssertRefused(
            Good.Replace(
                "\"normalizer\": null", "\"normalizer\": " + new string('[', 200) + new string(']', 200), StringComparison.Ordinal),
            "not valid JSON: The maximum configured depth");

    [Fact]
    public void A_pattern_that_takes_forever_is_stopped()
    {
        var tokenizer = Load(Edit("pre_tokenizer.pattern", "{\"Regex\": \"(?:a|a)+(?:a|a)+(?:a|a)+(?:a|a)+(?:a|a)+b\"}"));
        var exception = Assert.Throws<TrainerException>(() => tokenizer.Encode(new string('a', 2000), addSpecialTokens: false));
        Assert.Contains("takes too long on a text of 2000 characters", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_told()
    {
        using var folder = new ScratchFolder();
        Assert.EndsWith("tokenizer.json is missing", Assert.Throws<TrainerException>(() => TokenizerFiles.Load(folder.Root)).Message,
            StringComparison.Ordinal);
        folder.Write("tokenizer.model", "x");
        Assert.Contains(
            "tokenizer.model alone is not read", Assert.Throws<TrainerException>(() => TokenizerFiles.Load(folder.Root)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"bos_token": "<none>"}""", "tokenizer_config.json: bos_token: the token '<none>' is neither in the vocabulary")]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer", "add_bos_token": true}""", "add_bos_token is true and bos_token is missing")]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "<x>"}}}""", "added_tokens_decoder: 'x' is no id")]
    [InlineData("""{"added_tokens_decoder": {"7": {"content": "<s>"}}}""", "the token '<s>' has the id 7 here and 5 in tokenizer.json")]
    [InlineData("""{"added_tokens_decoder": {"3": {"content": "<x>"}}}""", "the id 3 of the token '<x>' belongs to another token")]
    [InlineData("[]", "tokenizer_config.json: a list where an object belongs")]
    public void A_config_that_contradicts_the_tokenizer_is_told(string config, string message)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", Good).Write("tokenizer_config.json", config);
        Assert.Contains(message, Assert.Throws<TrainerException>(() => TokenizerFiles.Load(folder.Root)).Message, StringComparison.Ordinal);
    }

    private static string Edit(string place, string value)
    {
        var root = JsonNode.Parse(Good)!;
        var parts = place.Split('.');
        var parent = parts[..^1].Aggregate(root, (node, part) => node[part]!);
        parent[parts[^1]] = JsonNode.Parse(value);
        return root.ToJsonString();
    }

    private static void AssertRefused(string json, string message)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", json);
        var exception = Assert.Throws<TrainerException>(() => TokenizerFiles.Load(folder.Root));
        Assert.StartsWith(folder.PathTo("tokenizer.json"), exception.Message, StringComparison.Ordinal);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private static ITokenizer Load(string json)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", json);
        return TokenizerFiles.Load(folder.Root);
    }
}
