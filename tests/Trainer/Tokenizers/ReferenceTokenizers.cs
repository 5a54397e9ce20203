using System.IO.Compression;
using System.Text.Json;
using LoraLint.Tests.Support;
using LoraLint.Trainer.Data;
using LoraLint.Trainer.Data.Tokenizers;

namespace LoraLint.Tests.Trainer.Tokenizers;

/// <summary>The small tokenizers of tests/reference/tokenizers, and what the Rust library makes of the strings there.</summary>
public static class ReferenceTokenizers
{
    private static readonly Lazy<(string[] Strings, Dictionary<string, Expected> Expected)> Files = new(Read);

    public static string[] Strings => Files.Value.Strings;

    public static IEnumerable<string> Names => Files.Value.Expected.Keys;

    public static Expected ExpectedOf(string name) => Files.Value.Expected[name];

    /// <summary>Loads one as a model's folder would hold it.</summary>
    public static ITokenizer Load(string name, string? config = null)
    {
        using var folder = new ScratchFolder();
        folder.Write("tokenizer.json", File.ReadAllText(Repository.PathTo("tests", "reference", "tokenizers", $"{name}.json")));
        if (config is not null)
            folder.Write("tokenizer_config.json", config);
        return TokenizerFiles.Load(folder.Root);
    }

    private static (string[] Strings, Dictionary<string, Expected> Expected) Read()
    {
        using var file = File.OpenRead(Repository.PathTo("tests", "reference", "tokenizers", "expected.jsonl.br"));
        using var reader = new StreamReader(new BrotliStream(file, CompressionMode.Decompress));
        var strings = JsonSerializer.Deserialize<string[]>(reader.ReadLine()!)!;
        var expected = new Dictionary<string, Expected>();
        while (reader.ReadLine() is { } line)
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            expected.Add(root.GetProperty("tokenizer").GetString()!, new Expected(
                root.GetProperty("ids").Deserialize<int[][]>()!,
                root.GetProperty("decoded").Deserialize<string[]?[]>()!,
                root.GetProperty("alsoJavaScript").GetInt32()));
        }
        return (strings, expected);
    }
}

/// <param name="Ids">Per string its ids, what the post-processor adds included.</param>
/// <param name="Decoded">Per string its ids decoded, with and without special tokens; once when equal, null when they give the
/// string.</param>
/// <param name="AlsoJavaScript">On how many strings the JavaScript library gives the same ids.</param>
public sealed record Expected(int[][] Ids, string[]?[] Decoded, int AlsoJavaScript);
