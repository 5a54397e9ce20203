using LoraLint.Rules.Text;

namespace LoraLint.Rules.Configs;

/// <summary>What a node is.</summary>
public enum ConfigNodeKind
{
    /// <summary>A single value.</summary>
    Scalar,

    /// <summary>Keys with values.</summary>
    Mapping,

    /// <summary>A list.</summary>
    Sequence,
}

/// <summary>How a scalar was written; whether <c>"1"</c> is a number depends on it.</summary>
public enum ScalarStyle
{
    /// <summary>Without quotes.</summary>
    Plain,

    /// <summary>In single quotes.</summary>
    SingleQuoted,

    /// <summary>In double quotes.</summary>
    DoubleQuoted,

    /// <summary>A block of text (YAML <c>|</c> and <c>&gt;</c>, TOML triple quotes).</summary>
    Block,
}

/// <summary>
/// One node of a config's tree, with its place in the text and its spelling. The tree says what was written, not what a framework
/// makes of it: typing a scalar is the format's business (see <see cref="ScalarDialect"/>).
/// </summary>
public sealed class ConfigNode
{
    private ConfigNode(ConfigNodeKind kind, TextSpan span)
    {
        Kind = kind;
        Span = span;
    }

    /// <summary>What the node is.</summary>
    public ConfigNodeKind Kind { get; }

    /// <summary>The value as written, quotes and brackets included.</summary>
    public TextSpan Span { get; }

    /// <summary>The decoded content of a scalar; empty for the other kinds and for a value left blank.</summary>
    public string Text { get; private init; } = "";

    /// <summary>How a scalar was written.</summary>
    public ScalarStyle Style { get; private init; }

    /// <summary>An explicit tag such as <c>!!float</c>, or null.</summary>
    public string? Tag { get; private init; }

    /// <summary>The content cannot be known here: an interpolation, a template, an unknown tag. Never guessed, never an error.</summary>
    public bool IsUnknown { get; private init; }

    /// <summary>The node stands for <c>*name</c>; <see cref="Span"/> is the reference, the children are those of the anchor.</summary>
    public bool IsAlias { get; private init; }

    /// <summary>Whether a mapping or list was written in brackets (YAML flow style, JSON, TOML inline).</summary>
    public bool IsFlow { get; private init; }

    /// <summary>A mapping's entries in the order written, overridden duplicates included, merged ones last.</summary>
    public IReadOnlyList<ConfigEntry> Entries { get; private init; } = [];

    /// <summary>A list's items in order.</summary>
    public IReadOnlyList<ConfigNode> Items { get; private init; } = [];

    /// <summary>Where the content stands when it is seen from a reference to it; null otherwise.</summary>
    public TextSpan? WrittenAt { get; private init; }

    /// <summary>For a root that was read out of code: where it comes from. Null in files that are configs as a whole.</summary>
    public CodeOrigin? Origin { get; private init; }

    /// <summary>Whether this is a scalar.</summary>
    public bool IsScalar => Kind == ConfigNodeKind.Scalar;

    /// <summary>Whether this is a mapping.</summary>
    public bool IsMapping => Kind == ConfigNodeKind.Mapping;

    /// <summary>Whether this is a list.</summary>
    public bool IsSequence => Kind == ConfigNodeKind.Sequence;

    /// <summary>A plain scalar without any text: <c>key:</c>.</summary>
    public bool IsBlank => IsScalar && Style == ScalarStyle.Plain && Text.Length == 0 && !IsUnknown;

    /// <summary>A single value.</summary>
    public static ConfigNode Scalar(TextSpan span, string text, ScalarStyle style, string? tag = null, bool isUnknown = false) =>
        new(ConfigNodeKind.Scalar, span) { Text = text, Style = style, Tag = tag, IsUnknown = isUnknown };

    /// <summary>Keys with values.</summary>
    public static ConfigNode Mapping(TextSpan span, IReadOnlyList<ConfigEntry> entries, bool isFlow, string? tag = null) =>
        new(ConfigNodeKind.Mapping, span) { Entries = entries, IsFlow = isFlow, Tag = tag };

    /// <summary>A root that was read out of code.</summary>
    public static ConfigNode OfCode(TextSpan span, IReadOnlyList<ConfigEntry> entries, CodeOrigin origin) =>
        new(ConfigNodeKind.Mapping, span) { Entries = entries, IsFlow = true, Origin = origin };

    /// <summary>A list.</summary>
    public static ConfigNode Sequence(TextSpan span, IReadOnlyList<ConfigNode> items, bool isFlow, string? tag = null) =>
        new(ConfigNodeKind.Sequence, span) { Items = items, IsFlow = isFlow, Tag = tag };

    /// <summary>The same node with another place: brackets around a value belong to it.</summary>
    public ConfigNode At(TextSpan span) => new(Kind, span)
    {
        Text = Text, Style = Style, Tag = Tag, IsUnknown = IsUnknown, IsAlias = IsAlias, IsFlow = IsFlow, Entries = Entries, Items = Items,
        WrittenAt = WrittenAt,
    };

    /// <summary>The same tree with all of its places moved into another text.</summary>
    public ConfigNode Moved(Func<TextSpan, TextSpan> move) => new(Kind, move(Span))
    {
        Text = Text, Style = Style, Tag = Tag, IsUnknown = IsUnknown, IsAlias = IsAlias, IsFlow = IsFlow,
        Entries = [.. Entries.Select(e => e with { KeySpan = move(e.KeySpan), Value = e.Value.Moved(move) })],
        Items = [.. Items.Select(i => i.Moved(move))],
        WrittenAt = WrittenAt is { } at ? move(at) : null,
        Origin = Origin is null ? null : Origin with { Calls = [.. Origin.Calls.Select(c => c.Moved(move))] },
    };

    /// <summary>The same root of code with the card that it runs on, if that is known.</summary>
    public ConfigNode WithCard(ConfigNode? card) => Origin is null || card is null ? this : new(Kind, Span)
    {
        Text = Text, Style = Style, Tag = Tag, IsUnknown = IsUnknown, IsAlias = IsAlias, IsFlow = IsFlow, Entries = Entries, Items = Items,
        WrittenAt = WrittenAt, Origin = Origin with { Card = card },
    };

    /// <summary>The same content seen at the place of a reference to it.</summary>
    public ConfigNode ReferredFrom(TextSpan reference) => new(Kind, reference)
    {
        Text = Text, Style = Style, Tag = Tag, IsUnknown = IsUnknown, IsFlow = IsFlow, Entries = Entries, Items = Items, IsAlias = true,
        WrittenAt = WrittenAt ?? Span,
    };

    /// <summary>
    /// The effective entry of a mapping for a key, or null. Of duplicates the last counts; a written key beats a merged one.
    /// </summary>
    public ConfigEntry? Find(string key)
    {
        foreach (var entry in Entries)
        {
            if (!entry.IsOverridden && entry.Key == key)
                return entry;
        }

        return null;
    }

    /// <summary>The entry at a dotted path of mapping keys such as <c>model.lora_rank</c>, or null.</summary>
    public ConfigEntry? FindPath(string path)
    {
        var node = this;
        while (true)
        {
            // A key may hold dots itself (`optimizer.lr: 1e-4` on a command line turned YAML): the whole rest is tried first.
            if (node.Find(path) is { } entry)
                return entry;
            var dot = path.IndexOf('.');
            if (dot < 0 || node.Find(path.Substring(0, dot)) is not { } parent)
                return null;
            node = parent.Value;
            path = path.Substring(dot + 1);
        }
    }
}
