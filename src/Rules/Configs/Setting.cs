using System.Diagnostics.CodeAnalysis;

namespace LoraLint.Rules.Configs;

/// <summary>Where the value of a setting comes from.</summary>
public enum SettingOrigin
{
    /// <summary>Nowhere: neither written nor known by default.</summary>
    Absent,

    /// <summary>The user wrote it.</summary>
    Written,

    /// <summary>The framework fills it in.</summary>
    Default,

    /// <summary>It follows from other settings.</summary>
    Derived,
}

/// <summary>A setting without its type, for tables and locations.</summary>
public interface ISetting
{
    /// <summary>Where the value comes from.</summary>
    SettingOrigin Origin { get; }

    /// <summary>Whether the value is known; a written interpolation, for one, is not.</summary>
    bool IsKnown { get; }

    /// <summary>The value, or null when not known.</summary>
    object? BoxedValue { get; }

    /// <summary>The key as the format spells it, such as <c>lora_alpha</c>; empty when there is none.</summary>
    string Key { get; }

    /// <summary>What was written, or for a derived value the entry it mainly follows from; null when nothing was.</summary>
    ConfigEntry? Entry { get; }
}

/// <summary>One normalised value of a config, with where it was written and how the format calls it.</summary>
/// <typeparam name="T">The value's type; units are told at each property of <see cref="TrainingConfig"/>.</typeparam>
public sealed class Setting<T> : ISetting
{
    private readonly T? _value;

    private Setting(SettingOrigin origin, bool isKnown, T? value, string key, ConfigEntry? entry)
    {
        Origin = origin;
        IsKnown = isKnown;
        _value = value;
        Key = key;
        Entry = entry;
    }

    /// <inheritdoc/>
    public SettingOrigin Origin { get; }

    /// <inheritdoc/>
    public bool IsKnown { get; }

    /// <inheritdoc/>
    public string Key { get; }

    /// <inheritdoc/>
    public ConfigEntry? Entry { get; }

    /// <summary>Whether the user wrote it (with a value other than null).</summary>
    public bool IsWritten => Origin == SettingOrigin.Written;

    /// <inheritdoc/>
    public object? BoxedValue => IsKnown ? _value : null;

    /// <summary>The format has no such key, or the key is not written and its default is not known.</summary>
    public static Setting<T> Absent(string key = "", ConfigEntry? entry = null) => new(SettingOrigin.Absent, false, default, key, entry);

    /// <summary>Written with a known value.</summary>
    public static Setting<T> Written(T value, string key, ConfigEntry entry) => new(SettingOrigin.Written, true, value, key, entry);

    /// <summary>Written, but with a content that is not known or not of this type.</summary>
    public static Setting<T> WrittenUnknown(string key, ConfigEntry entry) => new(SettingOrigin.Written, false, default, key, entry);

    /// <summary>Filled in by the framework. The entry is there when null was written in its place.</summary>
    public static Setting<T> Default(T value, string key, ConfigEntry? entry = null) => new(SettingOrigin.Default, true, value, key, entry);

    /// <summary>Follows from other settings.</summary>
    public static Setting<T> Derived(T value, string key = "", ConfigEntry? entry = null) =>
        new(SettingOrigin.Derived, true, value, key, entry);

    /// <summary>The same setting at the same place, but the value that counts is not in this file.</summary>
    public Setting<T> AsUnknown() => new(IsWritten ? SettingOrigin.Written : SettingOrigin.Absent, false, default, Key, Entry);

    /// <summary>The value, when it is known.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return IsKnown;
    }

    /// <summary>The value, or <paramref name="fallback"/> when it is not known.</summary>
    public T Or(T fallback) => IsKnown ? _value! : fallback;

    /// <summary>This setting with its known value turned into another type.</summary>
    public Setting<TResult> Select<TResult>(Func<T, TResult> convert) =>
        new(Origin, IsKnown, IsKnown ? convert(_value!) : default, Key, Entry);
}
