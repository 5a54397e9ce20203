using LoraLint.Rules.Knowledge;
using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A version at which a key table says that something changed, against the releases that the project runs on.</summary>
internal sealed class VersionMark
{
    private VersionMark(string name, string package, ReleaseNumber release, Requirement? requirement)
    {
        Name = name;
        Package = package;
        Requirement = requirement;
        IsReached = requirement is not null && requirement.Range.IsSurelyFrom(release);
        IsNotReached = requirement is not null && requirement.Range.IsSurelyBefore(release);
    }

    /// <summary>The version for a message: 0.16.0, or transformers 5.0 in a format of another framework.</summary>
    public string Name { get; }

    /// <summary>The package that has it: <c>trl</c>.</summary>
    public string Package { get; }

    /// <summary>What the project asks for, or null when nobody says.</summary>
    public Requirement? Requirement { get; }

    /// <summary>Every release that the project may run on has the change.</summary>
    public bool IsReached { get; }

    /// <summary>No release that the project may run on has the change.</summary>
    public bool IsNotReached { get; }

    /// <summary>Why the change counts here, in parentheses; empty when it is not known to.</summary>
    public string Reason => IsReached ? $" (here {Requirement!.Text}, {Requirement.Place})" : "";

    /// <summary>The mark of a version in the table of a config's format, or of a call; null without a version.</summary>
    public static VersionMark? Of(CheckContext context, WrittenKey key, string? version)
    {
        if (version is null || ReleaseNumber.Parse(version) is not { } release)
            return null;
        if (key.Call is { } call)
        {
            var library = CallTables.LibraryOf(call, version);
            var name = library.ToLowerInvariant();
            return new VersionMark($"{library} {version}", name, release, context.RequirementOf(name));
        }

        var package = PackageNames.OfMark(context.Format.Name, version);
        var shown = package is not null && package != PackageNames.Of(context.Format.Name) ? $"{package} {version}" : version;
        return new VersionMark(shown, package ?? context.Format.Name, release, package is null ? null : context.RequirementOf(package));
    }
}
