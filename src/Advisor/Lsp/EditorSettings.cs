using LoraLint.Advisor.Commands;
using LoraLint.Advisor.Lsp.Protocol;
using LoraLint.Advisor.Reading;
using LoraLint.Rules.Linting;

namespace LoraLint.Advisor.Lsp;

/// <summary>
/// The settings for each file: those of the nearest loralint.yaml, as <c>check</c> takes them, with the editor's own on top. A settings
/// file is read again when it has changed; while it makes no sense, what it said before holds on.
/// </summary>
/// <param name="tell">Takes a mistake that is worth a word to the user.</param>
internal sealed class EditorSettings(Action<string> tell)
{
    private readonly Dictionary<string, Kept> _files = new(StringComparer.Ordinal);
    private SettingsBlock _ofEditor = new();

    /// <summary>Whether hints are shown behind values.</summary>
    public bool ShowsInlayHints { get; private set; } = true;

    /// <summary>The settings file for all configs that the editor names, or null.</summary>
    public string? FileForAll { get; private set; }

    /// <summary>Takes the editor's settings.</summary>
    /// <param name="client">The settings.</param>
    /// <param name="folder">The folder that a relative path in them is taken from.</param>
    public void Take(ClientSettings client, string folder)
    {
        ShowsInlayHints = client.InlayHints ?? true;
        FileForAll = client.SettingsFile is { Length: > 0 } path ? Path.GetFullPath(path, folder) : null;
        Profile? profile = null;
        if (client.Profile is { Length: > 0 } name)
        {
            var index = SettingsReader.Profiles.ToList().IndexOf(name);
            if (index >= 0)
                profile = (Profile)index;
            else
                tell($"loralint.profile takes one of {string.Join(", ", SettingsReader.Profiles)}, not '{name}'");
        }

        _ofEditor = new SettingsBlock { Profile = profile };
        if (FileForAll is not null && !File.Exists(FileForAll))
            tell($"loralint.settingsFile: there is no file {FileForAll}");
    }

    /// <summary>The options for a file, or null when the settings exclude it.</summary>
    /// <param name="fullPath">The file; null for a document that is none.</param>
    public LintOptions? OptionsFor(string? fullPath)
    {
        var settings = FileForAll is not null ? Read(FileForAll)
            : fullPath is not null && NearestTo(fullPath) is { } nearest ? Read(nearest)
            : SettingsFile.None;
        if (fullPath is null)
            return _ofEditor.Over(settings.Everywhere.Over(LintOptions.Default));
        return settings.ExcludesFile(fullPath) ? null : settings.OptionsFor(fullPath, _ofEditor);
    }

    /// <summary>The settings file that holds for a file, or null when there is none.</summary>
    public string? FileFor(string fullPath) => FileForAll ?? NearestTo(fullPath);

    private static string? NearestTo(string fullPath)
    {
        for (var folder = Path.GetDirectoryName(fullPath); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var path = Path.Join(folder, SettingsFile.FileName);
            if (File.Exists(path))
                return path;
        }

        return null;
    }

    private SettingsFile Read(string path)
    {
        var stamp = StampOf(path);
        _files.TryGetValue(path, out var kept);
        if (kept is not null && kept.Stamp == stamp)
            return kept.Settings;
        try
        {
            var settings = File.Exists(path) ? SettingsReader.Read(path, path, Path.GetDirectoryName(path)!) : SettingsFile.None;
            _files[path] = new Kept(stamp, settings);
            return settings;
        }
        catch (UserMistakeException mistake)
        {
            tell(mistake.Message);
            var settings = kept?.Settings ?? SettingsFile.None;
            _files[path] = new Kept(stamp, settings);
            return settings;
        }
    }

    private static (long Length, DateTime Time) StampOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.Length, file.LastWriteTimeUtc) : (-1, default);
    }

    private sealed record Kept((long Length, DateTime Time) Stamp, SettingsFile Settings);
}
