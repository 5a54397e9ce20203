using System.Globalization;
using System.Text;
using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Runs;

/// <summary>
/// A run as the C# that would build it: what differs from the defaults, as a text and as its tree. So a run that a program has put
/// together at run time is judged by the rules like one whose values the compiler knows.
/// </summary>
internal sealed class RunDocument
{
    private readonly StringBuilder _text = new();

    private RunDocument()
    {
    }

    /// <summary>The document; its one root is of the format that <see cref="Format"/> gives.</summary>
    public static ConfigDocument Of(TrainingRun run)
    {
        var writer = new RunDocument();
        var root = writer.Write(run);
        return new ConfigDocument
        {
            Source = new SourceText("run.cs", writer._text.ToString()), Language = ConfigLanguage.CSharp, Roots = [root],
        };
    }

    /// <summary>How its members are called.</summary>
    public static CSharpFormat Format() => new(RunMembers.OfRecord(nameof(TrainingRun))!, nameof(TrainingRun));

    private ConfigNode Write(TrainingRun run)
    {
        var defaults = new TrainingRun { Quantization = new QuantizationOptions() };
        _text.Append("new TrainingRun\n{\n");
        var entries = new List<ConfigEntry>();
        foreach (var part in RunMembers.All.Where(m => m.Name.IndexOf('.') < 0).GroupBy(m => m.Part))
        {
            if (part.Key == RunMembers.QuantizationPart && run.Quantization is null)
                continue;
            var written = part.Where(m => IsSaid(m, run, defaults)).ToList();
            if (part.Key.Length == 0)
                entries.AddRange(written.Select(m => Entry(m.Name, () => Value(m.Get(run)), "    ")));
            else if (written.Count > 0 || part.Key is RunMembers.QuantizationPart or nameof(TrainingRun.Data))
                entries.Add(Entry(part.Key, () => Part(written, run), "    "));
        }

        _text.Append("}\n");
        return ConfigNode.Mapping(new TextSpan(0, _text.Length - 1), entries, isFlow: true);
    }

    // The defaults of a run are known but for the targets: none at all is what no run can have.
    private static bool IsSaid(RunMember member, TrainingRun run, TrainingRun defaults)
    {
        if (member is { Name: nameof(LoraOptions.TargetModules) })
            return run.Lora is { TargetsAllLinear: false, TargetPattern: null };
        var value = member.Get(run);
        return value switch
        {
            null => false,
            System.Collections.ICollection list => list.Count > 0,
            IReadOnlyCollection<object> list => list.Count > 0,
            _ => !Equals(value, member.Get(defaults)),
        };
    }

    private ConfigNode Part(List<RunMember> members, TrainingRun run)
    {
        var start = _text.Length;
        _text.Append("new()\n    {\n");
        var entries = members.ConvertAll(m => Entry(m.Name, () => Value(m.Get(run)), "        "));
        _text.Append("    }");
        return ConfigNode.Mapping(TextSpan.FromBounds(start, _text.Length), entries, isFlow: true);
    }

    private ConfigEntry Entry(string name, Func<ConfigNode> value, string indent)
    {
        _text.Append(indent);
        var key = new TextSpan(_text.Length, name.Length);
        _text.Append(name).Append(" = ");
        var entry = new ConfigEntry(name, key, value());
        _text.Append(",\n");
        return entry;
    }

    private ConfigNode Value(object? value) => value switch
    {
        string text => Scalar(text, Quoted(text), ScalarStyle.DoubleQuoted),
        Enum word => Scalar(word.ToString(), word.GetType().Name + "." + word, ScalarStyle.DoubleQuoted),
        bool flag => Plain(flag ? "true" : "false"),
        IReadOnlyList<string> texts => List(texts, t => Value(t)),
        IReadOnlyList<long> numbers => List(numbers, n => Value(n)),
        IReadOnlyDictionary<string, int> ranks => Pattern("int", ranks),
        IReadOnlyDictionary<string, double> alphas => Pattern("double", alphas),
        IReadOnlyList<DataSource> files => List(files, File),
        Cadence cadence => Every(cadence),
        IFormattable number => Plain(number.ToString(value is double ? "R" : null, CultureInfo.InvariantCulture)),
        _ => Plain("null"),
    };

    private ConfigNode Plain(string text) => Scalar(text, text, ScalarStyle.Plain);

    private ConfigNode Scalar(string text, string spelled, ScalarStyle style)
    {
        var span = new TextSpan(_text.Length, spelled.Length);
        _text.Append(spelled);
        return ConfigNode.Scalar(span, text, style);
    }

    private ConfigNode List<T>(IReadOnlyList<T> items, Func<T, ConfigNode> write)
    {
        var start = _text.Length;
        _text.Append('[');
        var nodes = new List<ConfigNode>(items.Count);
        foreach (var item in items)
        {
            if (nodes.Count > 0)
                _text.Append(", ");
            nodes.Add(write(item));
        }

        _text.Append(']');
        return ConfigNode.Sequence(TextSpan.FromBounds(start, _text.Length), nodes, isFlow: true);
    }

    private ConfigNode Pattern<T>(string type, IReadOnlyDictionary<string, T> pattern)
    {
        var start = _text.Length;
        _text.Append("new Dictionary<string, ").Append(type).Append("> { ");
        var entries = new List<ConfigEntry>();
        foreach (var one in pattern)
        {
            _text.Append(entries.Count > 0 ? ", [" : "[");
            var key = Scalar(one.Key, Quoted(one.Key), ScalarStyle.DoubleQuoted);
            _text.Append("] = ");
            entries.Add(new ConfigEntry(one.Key, key.Span, Value(one.Value)));
        }

        _text.Append(" }");
        return ConfigNode.Mapping(TextSpan.FromBounds(start, _text.Length), entries, isFlow: true);
    }

    private ConfigNode File(DataSource file)
    {
        var start = _text.Length;
        _text.Append("new() { Path = ");
        var key = new TextSpan(_text.Length - "Path = ".Length, "Path".Length);
        var path = new ConfigEntry(nameof(DataSource.Path), key, Value(file.Path));
        _text.Append(", Format = ");
        key = new TextSpan(_text.Length - "Format = ".Length, "Format".Length);
        var format = new ConfigEntry(nameof(DataSource.Format), key, Value(file.Format));
        _text.Append(" }");
        return ConfigNode.Mapping(TextSpan.FromBounds(start, _text.Length), [path, format], isFlow: true);
    }

    private ConfigNode Every(Cadence cadence)
    {
        var start = _text.Length;
        _text.Append("new(");
        var steps = Value(cadence.Steps);
        List<ConfigEntry> entries = [new(nameof(Cadence.Steps), new TextSpan(steps.Span.Start, 0), steps)];
        if (cadence.Share is { } share)
        {
            _text.Append(", ");
            var node = Value(share);
            entries.Add(new ConfigEntry(nameof(Cadence.Share), new TextSpan(node.Span.Start, 0), node));
        }

        _text.Append(')');
        return ConfigNode.Mapping(TextSpan.FromBounds(start, _text.Length), entries, isFlow: true);
    }

    private static string Quoted(string text) => ConfigEditor.Quote(text);
}
