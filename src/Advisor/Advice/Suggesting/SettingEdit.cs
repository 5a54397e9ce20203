using LoraLint.Rules.Configs;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Advisor.Advice.Suggesting;

/// <summary>Gives a setting of a config another value by the smallest edit.</summary>
internal static class SettingEdit
{
    /// <summary>The edit; null where the format has no key for the setting, or there is no place for the key.</summary>
    /// <param name="document">The config's file.</param>
    /// <param name="config">The config.</param>
    /// <param name="setting">One of its settings.</param>
    /// <param name="value">As it is written.</param>
    public static TextEdit? Of(ConfigDocument document, RecognisedConfig config, ISetting setting, string value)
    {
        if (setting.Key.Length == 0)
            return null;
        var editor = new ConfigEditor(document, config.Format.DialectFor(document.Language));
        if (setting is { Origin: SettingOrigin.Written, Entry: { } entry })
            return entry.IsMerged || !entry.Value.IsScalar || entry.Value.IsAlias ? null : editor.Replace(entry, value);
        // A new key goes behind one of the same mapping.
        var dot = setting.Key.LastIndexOf('.');
        var owner = dot < 0 ? config.Root : config.Root.FindPath(setting.Key[..dot])?.Value;
        return owner?.Entries.LastOrDefault(e => e.Value.IsScalar && !e.IsMerged) is { } behind ? editor.Set(setting, value, behind) : null;
    }
}
