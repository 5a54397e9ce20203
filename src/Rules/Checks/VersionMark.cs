using LoraLint.Rules.Knowledge.Versions;
using LoraLint.Rules.Linting;

namespace LoraLint.Rules.Checks;

/// <summary>A version at which a key table says that something changed, against the releases that the project runs on.</summary>
internal sealed class VersionMark
{
    private VersionMark(string name, ReleaseNumber release, Requirement? requirement)
    {
        Name = name;
        Requirement = requirement;
        IsReached = requirement is not null && requirement.Range.IsSurelyFrom(release);
        IsNotReached = requirement is not null && requirement.Range.IsSurelyBefore(release);
    }

    /// <summary>The version for a message: 0.16.0, or transformers 5.0 in a format of another framework.</summary>
    public string Name { get; }

    /// <summary>What the project asks for, or null when nobody says.</summary>
    public Requirement? Requirement { get; }

    /// <summary>Every release that the project may run on has the change.</summary>
    public bool IsReached { get; }

    /// <summary>No release that the project may run on has the change.</summary>
    public bool IsNotReached { get; }

    /// <summary>Why the change counts here, in parentheses; empty when it is not known to.</summary>
    public string Reason => IsReached ? $" (here {Requirement!.Text}, {Requirement.Place})" : "";

    /// <summary>The mark of a version in the table of a config's format; null without a version.</summary>
    public static VersionMark? Of(CheckContext context, string? version)
    {
        if (version is null || ReleaseNumber.Parse(version) is not { } release)
            return null;
        var package = PackageNames.OfMark(context.Format.Name, version);
        var name = package is not null && package != PackageNames.Of(context.Format.Name) ? $"{package} {version}" : version;
        return new VersionMark(name, release, package is null ? null : context.RequirementOf(package));
    }
}
