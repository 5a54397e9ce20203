using LoraLint.Trainer.Json;
using LoraLint.Trainer.Models;

namespace LoraLint.Trainer.Spectra;

/// <summary>
/// The token embedding of a model of any architecture: the tensor in its safetensors files that is called as families call it. Nothing else
/// of the model is looked at.
/// </summary>
internal sealed class EmbeddingTable : IDisposable
{
    // Llama and most since; GPT-2; GPT-NeoX; BLOOM, Falcon and BERT; InternLM 2; T5.
    private static readonly string[] s_names =
        ["embed_tokens.weight", "wte.weight", "embed_in.weight", "word_embeddings.weight", "tok_embeddings.weight", "shared.weight"];

    private readonly SafetensorsFile _file;

    private EmbeddingTable(SafetensorsFile file, StoredTensor weight, int longest) => (_file, Weight, Longest) = (file, weight, longest);

    /// <summary>The weight, shape (vocabulary, width). Valid as long as this object.</summary>
    public StoredTensor Weight { get; }

    /// <summary>Tokens of a sequence at most, as config.json has it; the largest number where it does not.</summary>
    public int Longest { get; }

    /// <summary>Opens a model's folder.</summary>
    /// <exception cref="TrainerException">There are no safetensors files, or no embedding in them that can be read.</exception>
    public static EmbeddingTable Open(string folder)
    {
        if (!Directory.Exists(folder))
            throw new TrainerException($"{folder}: there is no such folder; name the base model's");
        var config = JsonFile.ReadConfig(Path.Combine(folder, "config.json"));
        var longest = config.Find("max_position_embeddings")?.Whole(1, int.MaxValue) ?? int.MaxValue;
        foreach (var path in Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal))
        {
            var file = SafetensorsFile.Open(path);
            try
            {
                var name = file.Entries.Select(e => e.Name).FirstOrDefault(
                    n => s_names.Any(s => n == s || n.EndsWith("." + s, StringComparison.Ordinal)));
                if (name is not null && file.Find(name) is { Shape.Length: 2 } weight)
                    return new EmbeddingTable(file, weight, longest);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            file.Dispose();
        }

        throw new TrainerException(
            $"{folder}: no safetensors file in it holds a token embedding ({string.Join(", ", s_names)})");
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
