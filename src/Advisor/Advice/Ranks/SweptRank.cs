using System.Text.Json;
using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Advice.Ranks;

/// <summary>The rank that a sweep found.</summary>
/// <param name="Rank">The rank, 1 or more.</param>
/// <param name="IsUncertain">Whether its neighbours did as well.</param>
/// <param name="Path">Where that is written.</param>
internal sealed record SweptRank(long Rank, bool IsUncertain, string Path)
{
    private const string FileName = "sweep.json";
    private const long LargestFile = 64 << 20;

    /// <summary>
    /// Reads a sweep's result: of its members <c>verdict.rank</c>, a whole number, and <c>verdict.uncertain</c>, true or false; others are
    /// passed over.
    /// </summary>
    /// <param name="path">The file, or the folder with a sweep.json.</param>
    /// <param name="shown">As the user named it.</param>
    /// <exception cref="UserMistakeException">There is none, or it is of another setting.</exception>
    public static SweptRank Read(string path, string shown)
    {
        var file = Directory.Exists(path) ? System.IO.Path.Join(path, FileName) : path;
        if (new FileInfo(file) is not { Exists: true, Length: <= LargestFile })
            throw new UserMistakeException($"--sweep {shown}: there is no {FileName}; `loralint sweep` writes it");
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(file));
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("verdict", out var verdict)
                && verdict.ValueKind == JsonValueKind.Object && verdict.TryGetProperty("rank", out var rank)
                && rank.ValueKind == JsonValueKind.Number && rank.TryGetInt64(out var found) && found is >= 1 and <= 1 << 17)
            {
                return new SweptRank(
                    found, verdict.TryGetProperty("uncertain", out var uncertain) && uncertain.ValueKind == JsonValueKind.True, shown);
            }
        }
        catch (JsonException)
        {
            throw new UserMistakeException($"--sweep {shown}: {file} is no JSON");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserMistakeException($"--sweep {shown}: {file} cannot be read");
        }

        throw new UserMistakeException($"--sweep {shown}: it tells no rank (verdict.rank); the sweep is not done, or not over ranks");
    }
}
