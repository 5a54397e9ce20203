using LoraLint.Rules.Configs;

namespace LoraLint.Rules.Runs;

/// <summary>The files that a run is made of, as the host sees them. Paths are as written in the config.</summary>
public interface IRunPlaces
{
    /// <summary>The absolute path of one that counts from the working folder, as frameworks have it.</summary>
    string FromWorkingFolder(string path);

    /// <summary>The absolute path of one that counts from the config's folder, as our own run format has it.</summary>
    string FromConfigFolder(string path);

    /// <summary>Whether a file is at an absolute path.</summary>
    bool IsFile(string fullPath);

    /// <summary>Whether a folder is at an absolute path.</summary>
    bool IsFolder(string fullPath);

    /// <summary>Reads a JSON or YAML file, or null when it is not there or cannot be read.</summary>
    ConfigDocument? Open(string fullPath);

    /// <summary>The keys of the first row of a .jsonl or .json data file; null when there is no such row.</summary>
    IReadOnlyList<string>? FirstRowKeys(string fullPath);

    /// <summary>
    /// Finds the folder of a base model: a folder, or a name on the Hugging Face hub that is in this machine's cache.
    /// </summary>
    /// <param name="name">As written.</param>
    /// <param name="asFolder">The absolute folder that the name would be, were it a path.</param>
    /// <param name="problem">Why there is none, and what to do.</param>
    /// <returns>The absolute folder, or null.</returns>
    string? FindModel(string name, string asFolder, out string problem);
}
