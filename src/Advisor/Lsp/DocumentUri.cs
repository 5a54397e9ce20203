namespace LoraLint.Advisor.Lsp;

/// <summary>Addresses of documents, and the paths of those that are files.</summary>
internal static class DocumentUri
{
    /// <summary>The absolute path that a file's address stands for, or null for an address that is no file of this machine.</summary>
    public static string? PathOf(string uri)
    {
        if (!uri.StartsWith("file:", StringComparison.OrdinalIgnoreCase) || !Uri.TryCreate(uri, UriKind.Absolute, out var parsed)
            || parsed.Host.Length > 0 || parsed.LocalPath.Contains('\0'))
            return null;
        var path = parsed.LocalPath;
        // VS Code writes the colon of a Windows drive as %3A, which Uri leaves behind a slash.
        if (OperatingSystem.IsWindows() && path.Length > 2 && path[0] is '/' or '\\' && path[2] == ':')
            path = path[1..];
        return Path.IsPathFullyQualified(path) ? Path.GetFullPath(path) : null;
    }

    /// <summary>The address of a path that is shown: a file's, or an address itself, for a document that is no file.</summary>
    public static string OfShown(string path) =>
        !Path.IsPathFullyQualified(path) && Uri.TryCreate(path, UriKind.Absolute, out _) ? path : Of(Path.GetFullPath(path));

    /// <summary>The address of a file, spelt as editors spell it.</summary>
    public static string Of(string fullPath)
    {
        var segments = fullPath.Replace(Path.DirectorySeparatorChar, '/').Split('/');
        for (var i = 0; i < segments.Length; i++)
            segments[i] = Uri.EscapeDataString(segments[i]);
        return "file://" + (fullPath[0] == '/' ? "" : "/") + string.Join('/', segments);
    }
}
