using System.Security.Cryptography;
using System.Text;

namespace LoraLint.Trainer.Runs;

/// <summary>Tells whether a base model is the one that a run was started with.</summary>
internal static class BaseModelHash
{
    /// <summary>
    /// A hash of the whole content of a model's files, whose order and folder do not count. All bytes are read: training reads them anyway,
    /// and another fine-tune of the same base differs in nothing but them.
    /// </summary>
    /// <param name="paths">config.json and the safetensors files.</param>
    public static string Of(IEnumerable<string> paths)
    {
        // A file a thread: hashing is bound by one core.
        var hashes = paths.AsParallel().Select(path => $"{Path.GetFileName(path)} {HashOf(path)}\n").ToList();
        hashes.Sort(StringComparer.Ordinal);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(hashes))));
    }

    private static string HashOf(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            return Convert.ToHexStringLower(SHA256.HashData(file));
        }
        catch (Exception exception) when (DiskError.Is(exception))
        {
            throw DiskError.Reading(path, exception);
        }
    }
}
