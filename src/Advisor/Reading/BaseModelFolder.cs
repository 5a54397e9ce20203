namespace LoraLint.Advisor.Reading;

/// <summary>
/// Finds a base model on this machine: a folder, or a name on the Hugging Face hub whose snapshot is in the cache. The cache's layout is
/// huggingface_hub's (file_download.py, constants.py): models--OWNER--NAME/refs/main names the folder below snapshots.
/// </summary>
/// <param name="variable">The environment.</param>
/// <param name="home">The user's home folder, or null.</param>
internal sealed class BaseModelFolder(Func<string, string?> variable, string? home)
{
    private const int LongestReference = 256;

    /// <summary>The cache of a user, by the environment.</summary>
    public static BaseModelFolder Of(Func<string, string?> variable) => new(variable, variable("HOME") ?? variable("USERPROFILE"));

    /// <summary>The folder of a hub name's current snapshot in the cache, or null.</summary>
    public string? FindSnapshot(string name) => IsHubName(name) && CacheFolder() is { } cache ? SnapshotIn(cache, name) : null;

    /// <summary>The model's folder.</summary>
    /// <param name="name">As written.</param>
    /// <param name="asFolder">The absolute folder that it would be, were it a path.</param>
    /// <param name="problem">Why there is none, and what to do.</param>
    public string? Find(string name, string asFolder, out string problem)
    {
        problem = "";
        if (Directory.Exists(asFolder))
        {
            if (File.Exists(Path.Join(asFolder, "config.json")))
                return asFolder;
            problem = $"{asFolder} has no config.json, so it is no Hugging Face model";
            return null;
        }

        if (!IsHubName(name))
        {
            problem = $"no such folder: {asFolder}";
            return null;
        }

        var cache = CacheFolder();
        if (cache is not null && SnapshotIn(cache, name) is { } snapshot)
        {
            if (File.Exists(Path.Join(snapshot, "config.json")))
                return snapshot;
            problem = $"{snapshot} has no config.json: its download is not complete; get it again by `hf download {name}`";
            return null;
        }

        problem = $"{name} is neither a folder ({asFolder}) nor in the Hugging Face cache{(cache is null ? "" : $" ({cache})")}; "
            + $"LoraLint uses no network: get it by `hf download {name}`";
        return null;
    }

    /// <summary>HF_HUB_CACHE, else HF_HOME/hub, else XDG_CACHE_HOME/huggingface/hub, else ~/.cache/huggingface/hub.</summary>
    internal string? CacheFolder()
    {
        if (variable("HF_HUB_CACHE") is { Length: > 0 } cache)
            return Expand(cache);
        if (variable("HUGGINGFACE_HUB_CACHE") is { Length: > 0 } older)
            return Expand(older);
        if (variable("HF_HOME") is { Length: > 0 } own)
            return Path.Join(Expand(own), "hub");
        if (variable("XDG_CACHE_HOME") is { Length: > 0 } all)
            return Path.Join(Expand(all), "huggingface", "hub");
        return home is null ? null : Path.Join(home, ".cache", "huggingface", "hub");
    }

    // owner/name, or a name alone as the oldest models have it; nothing that could lead out of the cache.
    private static bool IsHubName(string name)
    {
        var parts = name.Split('/');
        return parts.Length <= 2 && parts.All(p =>
            p.Length is > 0 and <= 96 && p[0] is not ('.' or '-') && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'));
    }

    private static string? SnapshotIn(string cache, string name)
    {
        var folder = Path.Join(cache, "models--" + name.Replace("/", "--", StringComparison.Ordinal));
        var reference = new FileInfo(Path.Join(folder, "refs", "main"));
        try
        {
            if (reference is not { Exists: true, Length: > 0 and <= LongestReference })
                return null;
            var commit = File.ReadAllText(reference.FullName).Trim();
            if (!commit.All(char.IsAsciiLetterOrDigit))
                return null;
            var snapshot = Path.Join(folder, "snapshots", commit);
            return Directory.Exists(snapshot) ? snapshot : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string Expand(string path) =>
        home is not null && (path == "~" || path.StartsWith("~/", StringComparison.Ordinal)) ? Path.Join(home, path[1..]) : path;
}
