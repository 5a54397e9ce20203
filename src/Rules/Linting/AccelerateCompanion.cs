using System.Globalization;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;

namespace LoraLint.Rules.Linting;

/// <summary>
/// The file of Accelerate that a command line starts training with: <c>accelerate launch --config_file FILE script.py</c>.
/// </summary>
internal sealed class AccelerateCompanion
{
    private readonly ConfigDocument _document;

    private AccelerateCompanion(ConfigNode path, ConfigDocument document, SettingReader read)
    {
        PathNode = path;
        _document = document;
        Read = read;
    }

    /// <summary>The path as the command line has it.</summary>
    public ConfigNode PathNode { get; }

    /// <summary>Accelerate's keys.</summary>
    public SettingReader Read { get; }

    /// <summary>Whether it shards with FSDP of the first version, which is what an absent version means.</summary>
    public bool UsesFsdp1 => IsOf("FSDP") && Read.Number("fsdp_config.fsdp_version", 1).Or(2) == 1;

    /// <summary>The entry that says how training is spread over devices, or null.</summary>
    public ConfigEntry? Kind => Read.Find("distributed_type");

    /// <summary>The file of a config; null when none is named, or it is not there or not of Accelerate.</summary>
    public static AccelerateCompanion? Of(CheckContext context)
    {
        if (context.Recognised.Root.Origin?.LaunchFile is not { IsUnknown: false, Text.Length: > 0 } path
            || context.Files.Open(path.Text) is not { Problems.Count: 0, Roots.Count: 1 } document
            || document.Roots[0] is not { IsMapping: true } root || FormatCatalog.Recognise(root, path.Text) is not AccelerateFormat)
            return null;
        return new AccelerateCompanion(path, document, new SettingReader(root, ScalarDialect.PyYaml));
    }

    /// <summary>Whether training is spread by a kind: <c>FSDP</c>, <c>DEEPSPEED</c>.</summary>
    public bool IsOf(string kind) => string.Equals(Read.Text("distributed_type").Or(""), kind, StringComparison.OrdinalIgnoreCase);

    /// <summary>Where one of its entries stands, for a message: <c>fsdp.yaml:12</c>.</summary>
    public string PlaceOf(ConfigEntry entry) =>
        PathNode.Text + ":" + _document.Source.Lines.PositionAt(entry.KeySpan.Start).Line.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same place for programs.</summary>
    public RelatedPlace Place(ConfigEntry entry) =>
        new(_document.Source, entry.Span, $"{entry.Key} is {(entry.Value.IsScalar ? entry.Value.Text : "here")}");
}
