using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Linting;

/// <summary>The DeepSpeed config that a training config names in <c>deepspeed</c>, or holds there itself.</summary>
internal sealed class DeepSpeedCompanion
{
    private readonly ConfigDocument? _document;
    private readonly string _name;

    private DeepSpeedCompanion(ConfigEntry entry, string name, ConfigDocument? document, SettingReader? read)
    {
        Entry = entry;
        _name = name;
        _document = document;
        Read = read;
    }

    /// <summary>The entry <c>deepspeed</c> of the training config.</summary>
    public ConfigEntry Entry { get; }

    /// <summary>DeepSpeed's keys; null when the file is not there or cannot be read.</summary>
    public SettingReader? Read { get; }

    /// <summary>The ZeRO stage, 0 to 3: as the file says, or as its name tells (<c>ds_z3_config.json</c>); else null.</summary>
    public int? Stage
    {
        get
        {
            if (Read is null)
                return StageOfName(_name);
            return Read.Number("zero_optimization.stage", 0).TryGet(out var stage) ? (int)stage : null;
        }
    }

    /// <summary>The companion of a config, or null when none is named.</summary>
    public static DeepSpeedCompanion? Of(CheckContext context)
    {
        if (context.Read.Find("deepspeed") is not { } entry || context.Read.IsNull(entry.Value))
            return null;
        if (entry.Value.IsMapping)
            return new DeepSpeedCompanion(entry, "", null, new SettingReader(entry.Value, context.Read.Dialect));
        if (!context.Read.TryText(entry.Value, out var path) || path.Length == 0)
            return null;
        var document = context.Files.Open(path);
        var root = document?.Roots.FirstOrDefault(r => r.IsMapping);
        var dialect = document?.Language == ConfigLanguage.Yaml ? ScalarDialect.PyYaml : ScalarDialect.Strict;
        return new DeepSpeedCompanion(entry, path, document, root is null ? null : new SettingReader(root, dialect));
    }

    /// <summary>Where one of its entries stands, for a message: <c>ds/zero3.json:12</c>, or the key when in the same file.</summary>
    public string PlaceOf(ConfigEntry entry) => _document is null
        ? entry.Key
        : _name + ":" + _document.Source.Lines.PositionAt(entry.KeySpan.Start).Line.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same place for programs; none when it is in the config's own file, which the message names.</summary>
    public IReadOnlyList<RelatedPlace> RelatedTo(ConfigEntry entry, string message) =>
        _document is null ? [] : [new RelatedPlace(_document.Source, entry.Span, message)];

    // zero3_bf16.json, ds_z3_config.json, stage3.json, and ms-swift's zero2_offload.
    private static int? StageOfName(string path)
    {
        var name = path.Substring(path.LastIndexOf('/') + 1).ToLowerInvariant();
        foreach (var word in new[] { "zero", "stage", "z" })
        {
            for (var at = name.IndexOf(word, StringComparison.Ordinal); at >= 0; at = name.IndexOf(word, at + 1, StringComparison.Ordinal))
            {
                var rest = name.Substring(at + word.Length).TrimStart('_', '-');
                var startsWord = word != "z" || at == 0 || !char.IsLetterOrDigit(name[at - 1]);
                if (startsWord && rest.Length > 0 && rest[0] is >= '0' and <= '3' && (rest.Length == 1 || !char.IsDigit(rest[1])))
                    return rest[0] - '0';
            }
        }

        return null;
    }
}
