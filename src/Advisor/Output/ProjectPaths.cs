using LoraLint.Advisor.Commands;

namespace LoraLint.Advisor.Output;

/// <summary>Paths as services want them: relative to the checkout, which the service names, or else to the working folder.</summary>
internal sealed class ProjectPaths
{
    private readonly Terminal _terminal;
    private readonly string _root;

    /// <summary>Paths relative to the folder in an environment variable, such as GITHUB_WORKSPACE, where it is set and absolute.</summary>
    public ProjectPaths(Terminal terminal, string? rootVariable)
    {
        _terminal = terminal;
        var root = rootVariable is null ? null : terminal.Variable(rootVariable);
        _root = Path.TrimEndingDirectorySeparator(Path.IsPathFullyQualified(root ?? "") ? Path.GetFullPath(root!) : terminal.Folder);
    }

    /// <summary>The path of a checked file, with forward slashes; absolute when it lies outside.</summary>
    public string Of(CheckedFile file) => Of(file.Path);

    /// <summary>A path with forward slashes; absolute when it lies outside.</summary>
    public string Of(string path)
    {
        var fullPath = _terminal.FullPath(path);
        var isInside = fullPath.StartsWith(_root, StringComparison.Ordinal) && fullPath.Length > _root.Length
            && (fullPath[_root.Length] == Path.DirectorySeparatorChar || Path.EndsInDirectorySeparator(_root));
        return (isInside ? Path.GetRelativePath(_root, fullPath) : fullPath).Replace(Path.DirectorySeparatorChar, '/');
    }
}
