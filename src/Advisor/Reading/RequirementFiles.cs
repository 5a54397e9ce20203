using System.Text.RegularExpressions;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Reading;

/// <summary>
/// Files of a project that say which releases of Python packages it runs on: requirements*.txt and requirements/*.txt, pyproject.toml
/// (PEP 621, PEP 735, Poetry), conda's environment.yml, and the lock files of uv and Poetry. They are read, never run; what a line asks for
/// by an address or a path pins nothing.
/// </summary>
internal static partial class RequirementFiles
{
    /// <summary>The largest file that is read, in bytes. Lock files of large projects have one to two million.</summary>
    public const long LargestFile = 16 * 1024 * 1024;

    // A project has a handful; a folder of hundreds of texts is something else.
    private const int MostFiles = 32;

    private static readonly string[] s_locks = ["uv.lock", "poetry.lock"];

    /// <summary>Whether the file holds the versions that are installed, not a wish.</summary>
    public static bool IsLock(string path) => s_locks.Contains(Path.GetFileName(path), StringComparer.Ordinal);

    /// <summary>Whether a file of this name says something about packages.</summary>
    public static bool Names(string name) => IsLock(name) || name is "pyproject.toml" or "environment.yml" or "environment.yaml"
        || (name.StartsWith("requirements", StringComparison.Ordinal) && name.EndsWith(".txt", StringComparison.Ordinal));

    /// <summary>The files of a folder, absolute, lock files first and else by name.</summary>
    public static IReadOnlyList<string> In(string folder)
    {
        var files = Directory.EnumerateFiles(folder).Where(f => Names(Path.GetFileName(f))).ToList();
        var nested = Path.Join(folder, "requirements");
        if (Directory.Exists(nested))
            files.AddRange(Directory.EnumerateFiles(nested, "*.txt"));
        return [.. files.OrderBy(f => !IsLock(f)).ThenBy(f => f, StringComparer.Ordinal).Take(MostFiles)];
    }

    /// <summary>The requirements of a file, or null when it cannot be read.</summary>
    /// <param name="path">The file, absolute.</param>
    public static IReadOnlyList<Requirement>? Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        // Other encodings are not read: a requirement may be missed, never misread.
        return bytes.LongLength > LargestFile || bytes.AsSpan().Contains((byte)0) ? null
            : Read(new SourceText(path, System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')));
    }

    /// <summary>The requirements of a text, by the name of its file.</summary>
    public static IReadOnlyList<Requirement> Read(SourceText source) => Path.GetFileName(source.Path) switch
    {
        "uv.lock" or "poetry.lock" => [.. OfLock(source)],
        "pyproject.toml" => [.. OfProject(source)],
        "environment.yml" or "environment.yaml" => [.. OfEnvironment(source)],
        _ => [.. OfLines(source)],
    };

    // Both lock files are TOML with one table a package, written by programs: name and version stand on lines of their own.
    private static IEnumerable<Requirement> OfLock(SourceText source)
    {
        var name = "";
        var isPackage = false;
        foreach (var (start, line) in LinesOf(source.Text))
        {
            if (line.StartsWith('['))
                (isPackage, name) = (line.Trim() == "[[package]]", "");
            else if (isPackage && LockLine().Match(line) is { Success: true } match)
            {
                var value = match.Groups["value"].Value;
                if (match.Groups["key"].Value == "name")
                    name = PackageNames.Normalize(value);
                else if (name.Length > 0 && VersionRange.Parse(value) is { } range)
                    yield return At(source, new TextSpan(start, line.Length), new Requirement(name, range, $"{name}=={value}"));
            }
        }
    }

    private static IEnumerable<Requirement> OfLines(SourceText source)
    {
        foreach (var (start, line) in LinesOf(source.Text))
        {
            var comment = line.IndexOf(" #", StringComparison.Ordinal);
            var text = (comment >= 0 ? line[..comment] : line).TrimEnd(' ', '\t', '\\');
            if (text.Length > 0 && text[0] is not ('#' or '-') && OfText(source, text, new TextSpan(start, text.Length)) is { } requirement)
                yield return requirement;
        }
    }

    private static IEnumerable<Requirement> OfProject(SourceText source)
    {
        foreach (var root in ConfigReader.Read(source, ConfigLanguage.Toml).Roots)
        {
            var lists = new[] { "project.optional-dependencies", "dependency-groups" }
                .SelectMany(p => root.FindPath(p)?.Value.Entries ?? []).Append(root.FindPath("project.dependencies")).OfType<ConfigEntry>();
            foreach (var requirement in lists.SelectMany(l => OfItems(source, l.Value)))
                yield return requirement;
            var poetry = (root.FindPath("tool.poetry.group")?.Value.Entries ?? [])
                .SelectMany(g => new[] { g.Value.Find("dependencies") })
                .Append(root.FindPath("tool.poetry.dependencies")).Append(root.FindPath("tool.poetry.dev-dependencies"));
            foreach (var entry in poetry.OfType<ConfigEntry>().SelectMany(d => d.Value.Entries))
            {
                var version = entry.Value.IsMapping ? entry.Value.Find("version")?.Value : entry.Value;
                if (OfVersion(source, entry, version) is { } requirement)
                    yield return requirement;
            }
        }
    }

    private static IEnumerable<Requirement> OfEnvironment(SourceText source)
    {
        var roots = ConfigReader.Read(source, ConfigLanguage.Yaml).Roots;
        foreach (var item in roots.SelectMany(r => r.Find("dependencies")?.Value.Items ?? []))
        {
            foreach (var requirement in OfItems(source, item.Find("pip")?.Value))
                yield return requirement;
            // channel::name=version=build
            if (item is { IsScalar: true, IsUnknown: false }
                && OfText(source, item.Text[(item.Text.LastIndexOf(':') + 1)..], item.Span) is { } own)
                yield return own;
        }
    }

    private static IEnumerable<Requirement> OfItems(SourceText source, ConfigNode? list) =>
        (list?.Items ?? []).Where(i => i is { IsScalar: true, IsUnknown: false })
            .Select(i => OfText(source, i.Text, i.Span)).OfType<Requirement>();

    private static Requirement? OfVersion(SourceText source, ConfigEntry entry, ConfigNode? version)
    {
        var text = version is { IsScalar: true, IsUnknown: false } ? version.Text : "";
        var range = VersionRange.Parse(text) ?? VersionRange.Any;
        return At(source, entry.Span, new Requirement(PackageNames.Normalize(entry.Key), range, $"{entry.Key} {text}".TrimEnd()));
    }

    // name[extra] specifier ; marker, or name @ address
    private static Requirement? OfText(SourceText source, string text, TextSpan span)
    {
        if (RequirementText().Match(text) is not { Success: true } match)
            return null;
        var specifier = match.Groups["specifier"].Value.Trim();
        var range = match.Groups["address"].Success ? VersionRange.Any : VersionRange.Parse(specifier) ?? VersionRange.Any;
        var name = match.Groups["name"].Value;
        return At(source, span, new Requirement(PackageNames.Normalize(name), range, name + specifier));
    }

    private static Requirement At(SourceText source, TextSpan span, Requirement requirement) =>
        requirement with { Source = source, Span = span };

    private static IEnumerable<(int Start, string Line)> LinesOf(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            yield return (start, text[start..end].TrimEnd('\r'));
            start = end + 1;
        }
    }

    [GeneratedRegex("^(?<key>name|version) = \"(?<value>[^\"]+)\"")]
    private static partial Regex LockLine();

    [GeneratedRegex(
        @"^\s*(?<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*((?<address>@)|(?<specifier>[^;@#]*))",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RequirementText();
}
