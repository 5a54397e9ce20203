using LoraLint.Rules.Configs;
using LoraLint.Rules.Formats;
using LoraLint.Rules.Linting;
using LoraLint.Rules.Text;

namespace LoraLint.Rules.Runs;

/// <summary>
/// Reads a config for a run and keeps account of every key: what is read is honoured; what is written and not read must be known to have
/// no influence on what is trained, or be off, or it is refused. So nothing is passed over in silence by construction.
/// </summary>
internal sealed class RunReader
{
    private readonly string _title;
    private readonly string _prefix;
    private readonly HashSet<TextSpan> _seen;
    private readonly List<RunProblem> _problems;
    private readonly List<string> _notes;
    private readonly TextSpan _place;

    /// <summary>Reads a recognised config.</summary>
    public RunReader(RecognisedConfig recognised)
    {
        _title = recognised.Format.Title;
        _prefix = "";
        _seen = [];
        _problems = [];
        _notes = [];
        Read = recognised.Reader;
        _place = new TextSpan(recognised.Root.Span.Start, 0);
    }

    private RunReader(RunReader parent, ConfigNode node, string prefix)
    {
        _title = parent._title;
        _prefix = prefix;
        _seen = parent._seen;
        _problems = parent._problems;
        _notes = parent._notes;
        Read = new SettingReader(node, parent.Read.Dialect);
        _place = node.Span;
    }

    /// <summary>The keys as written.</summary>
    public SettingReader Read { get; }

    /// <summary>What stops the run so far.</summary>
    public IReadOnlyList<RunProblem> Problems => _problems;

    /// <summary>What is to be said about the run so far.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>The value of a setting, which is honoured by that; a written one that is not known is refused.</summary>
    public T Take<T>(Setting<T> setting, T otherwise)
    {
        if (setting.Entry is { } entry)
            _seen.Add(entry.KeySpan);
        if (setting.TryGet(out var value))
            return value;
        if (setting.Entry is { } written && !Read.IsNull(written.Value))
            RefuseUnknown(setting.Key, written);
        return otherwise;
    }

    /// <summary>A number that must be whole, in a range; refused when it is not.</summary>
    public int Whole(Setting<double> setting, int least, int otherwise, int most = int.MaxValue)
    {
        var number = Take(setting, otherwise);
        if (number == Math.Floor(number) && number >= least && number <= most)
            return (int)number;
        Refuse(setting, $"must be a whole number of at least {least}{(most == int.MaxValue ? "" : $" and at most {most}")}");
        return otherwise;
    }

    /// <summary>A number above a limit; refused when it is not.</summary>
    public double Above(Setting<double> setting, double limit, double otherwise)
    {
        var number = Take(setting, otherwise);
        if (number > limit && !double.IsInfinity(number))
            return number;
        Refuse(setting, $"must be above {ConfigEditor.Number(limit)}");
        return otherwise;
    }

    /// <summary>A number from a limit on and below another; refused when it is not.</summary>
    public double Within(Setting<double> setting, double least, double below, double otherwise)
    {
        var number = Take(setting, otherwise);
        if (number >= least && number < below && !double.IsInfinity(number))
            return number;
        Refuse(setting, double.IsPositiveInfinity(below)
            ? $"must be at least {ConfigEditor.Number(least)}"
            : $"must be at least {ConfigEditor.Number(least)} and below {ConfigEditor.Number(below)}");
        return otherwise;
    }

    /// <summary>Marks keys as accounted for by what was read otherwise.</summary>
    public void See(params string[] keys)
    {
        foreach (var key in keys)
        {
            if (Read.Find(key) is { } entry)
                _seen.Add(entry.KeySpan);
        }
    }

    /// <summary>Refuses a key that is written.</summary>
    public void Refuse(string key, string message)
    {
        See(key);
        Add(key, Read.Find(key)?.KeySpan ?? _place, message);
    }

    /// <summary>Refuses keys under which an empty text is written, or a list that holds one.</summary>
    public void RefuseEmptyTexts(params string[] keys)
    {
        foreach (var key in keys)
        {
            if (Read.Find(key)?.Value is not { } value)
                continue;
            if ((value.IsSequence ? value.Items : [value]).Any(v => v.IsScalar && !v.IsUnknown && v.Text.Length == 0 && !Read.IsNull(v)))
                Refuse(key, "must not be empty; leave the key out where nothing is meant");
        }
    }

    /// <summary>Refuses a setting, at its place.</summary>
    public void Refuse(ISetting setting, string message)
    {
        if (setting.Entry is { } entry)
            _seen.Add(entry.KeySpan);
        Add(setting.Key, setting.Entry?.KeySpan ?? _place, message);
    }

    /// <summary>Says something about the run, once.</summary>
    public void Note(string note)
    {
        if (!_notes.Contains(note))
            _notes.Add(note);
    }

    /// <summary>
    /// The mappings of a list or a single mapping under a key, each to be finished by itself; none when they are of another kind.
    /// </summary>
    public IReadOnlyList<RunReader> Items(string key)
    {
        if (Read.Find(key) is not { } entry || Read.IsNull(entry.Value))
            return [];
        _seen.Add(entry.KeySpan);
        var items = entry.Value.IsSequence ? entry.Value.Items : [entry.Value];
        if (items.Any(i => !i.IsMapping || i.IsUnknown) || entry.Value.IsUnknown)
        {
            Add(key, entry.KeySpan, "its content is not known here; write a list of mappings");
            return [];
        }

        return [.. items.Select((item, i) => new RunReader(
            this, item, Full(key)
                + (entry.Value.IsSequence ? "[" + i.ToString(System.Globalization.CultureInfo.InvariantCulture) + "]" : "")))];
    }

    /// <summary>Refuses what is written and was neither read, nor is off, nor among the keys without influence.</summary>
    /// <param name="noInfluence">Keys that change nothing about what is trained; dots for nesting, all below a key with it.</param>
    /// <param name="remedies">What to do about keys that deserve more than the usual words.</param>
    /// <param name="offIsOn">Keys whose false or zero is a wish of its own.</param>
    public void Finish(ICollection<string> noInfluence, IReadOnlyDictionary<string, string> remedies, ICollection<string> offIsOn) =>
        Finish(Read.Root, "", noInfluence, remedies, offIsOn);

    /// <summary>Refuses every key that was not read.</summary>
    public void FinishStrictly() => FinishStrictly(Read.Root, "");

    private void FinishStrictly(ConfigNode mapping, string parent)
    {
        foreach (var entry in mapping.Entries)
        {
            var key = parent.Length == 0 ? entry.Key : parent + "." + entry.Key;
            if (entry.IsOverridden || _seen.Contains(entry.KeySpan))
                continue;
            if (entry.Value is { IsMapping: true, Entries.Count: > 0 })
                FinishStrictly(entry.Value, key);
            else
                Add(key, entry.KeySpan, "the run format has no such key, or not together with the others; see docs/run-format.md");
        }
    }

    private void Finish(
        ConfigNode mapping, string parent, ICollection<string> noInfluence, IReadOnlyDictionary<string, string> remedies,
        ICollection<string> offIsOn)
    {
        foreach (var entry in mapping.Entries)
        {
            var key = parent.Length == 0 ? entry.Key : parent + "." + entry.Key;
            if (entry.IsOverridden || _seen.Contains(entry.KeySpan) || noInfluence.Contains(key))
                continue;
            if (IsOff(entry.Value) && (Read.IsNull(entry.Value) || !offIsOn.Contains(key)))
                continue;
            if (entry.Value.IsMapping)
                Finish(entry.Value, key, noInfluence, remedies, offIsOn);
            else
                Add(key, entry.KeySpan, RemedyFor(key, remedies));
        }
    }

    // That of the key, else of the nearest mapping around it.
    private string RemedyFor(string key, IReadOnlyDictionary<string, string> remedies)
    {
        for (var at = key; ; at = at.Substring(0, at.LastIndexOf('.')))
        {
            if (remedies.TryGetValue(at, out var remedy))
                return remedy;
            if (at.IndexOf('.') < 0)
                return $"not supported by the embedded engine; remove it where the run can do without, or train with {_title}";
        }
    }

    /// <summary>Whether a value asks for nothing: null, false, zero, or an empty text, list or mapping.</summary>
    private bool IsOff(ConfigNode node)
    {
        if (node.IsUnknown)
            return false;
        if (!node.IsScalar)
            return node.Entries.Count == 0 && node.Items.Count == 0;
        var value = Read.Dialect.Read(node);
        return value.Kind switch
        {
            ConfigValueKind.Null => true,
            ConfigValueKind.Bool => !value.IsTrue,
            ConfigValueKind.Int or ConfigValueKind.Float => value.Number == 0,
            ConfigValueKind.String => value.Text.Length == 0,
            _ => false,
        };
    }

    private void RefuseUnknown(string key, ConfigEntry entry) => Add(key, entry.KeySpan, entry.Value.IsUnknown
        ? "its value is not known before the framework fills it in; write the value itself"
        : "its value cannot be made out; write one that the format takes");

    private string Full(string key) => _prefix.Length == 0 ? key : _prefix + "." + key;

    private void Add(string key, TextSpan span, string message)
    {
        var full = Full(key);
        if (!_problems.Any(p => p.Key == full && p.Span.Equals(span)))
            _problems.Add(new RunProblem(full, message, span));
    }
}
